-- Inlined runs whose settings format 2 cannot read, or reads as others; lost where their text means nothing at all.
-- makes: rows
-- reads: readable_settings(), $inlined
SELECT commit_id, "position", settings AS stored, readable_settings(settings) IS NULL AS is_lost
FROM query_table($inlined)
WHERE settings IS NOT NULL
  AND (readable_settings(settings) IS NULL
       OR TRY_CAST(settings AS STRUCT(metrics_snapshot VARCHAR, model_families VARCHAR[], include_blocked BOOLEAN))
          IS DISTINCT FROM
          TRY_CAST(readable_settings(settings) AS STRUCT(
              metrics_snapshot VARCHAR, model_families VARCHAR[], include_blocked BOOLEAN)))
ORDER BY commit_id, "position";
