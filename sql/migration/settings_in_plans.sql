-- Where the settings of a run are not those that the plan of the same commit names: the field, and both as texts.
-- makes: rows
-- reads: lake.plans, lake.runs
WITH both_of_them AS (
    SELECT r.commit_id, r.settings, p.metadata
    FROM lake.runs AS r JOIN lake.plans AS p ON p.commit_id = r.commit_id
),
fields AS (
    SELECT commit_id, 'metrics_snapshot' AS field,
           coalesce(settings.metrics_snapshot, 'globals/routing_candidates.parquet') AS stored,
           metadata->>'metrics_snapshot' AS recorded
    FROM both_of_them
    UNION ALL
    SELECT commit_id, 'model_families', CAST(to_json(nullif(settings.model_families, [])) AS VARCHAR),
           nullif(metadata->>'model_families_requested', 'null')
    FROM both_of_them
)
FROM fields WHERE stored IS DISTINCT FROM recorded ORDER BY commit_id, field;
