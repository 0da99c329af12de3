-- Inlined candidates whose stability metrics format 2 cannot read; lost where their text means nothing at all.
-- makes: rows
-- reads: readable_stability_metrics(), $inlined
SELECT commit_id, "position", stability_metrics AS stored, readable_stability_metrics(stability_metrics) IS NULL AS is_lost
FROM query_table($inlined)
WHERE stability_metrics IS DISTINCT FROM readable_stability_metrics(stability_metrics)
ORDER BY commit_id, "position";
