-- What plan b changes against plan a, job by job; fields that differ are named. Jobs that are the same are not here.
CREATE OR REPLACE TEMP MACRO plan_diff(a, b) AS TABLE
SELECT
    coalesce(y.job_id, x.job_id) AS job_id,
    CASE WHEN x.job_id IS NULL THEN 'added' WHEN y.job_id IS NULL THEN 'removed' ELSE 'changed' END AS change,
    coalesce(y.target, x.target) AS "target",
    coalesce(y.symbol, x.symbol) AS "symbol",
    x.route AS route_a,
    y.route AS route_b,
    CASE WHEN x.job_id IS NOT NULL AND y.job_id IS NOT NULL THEN list_filter([
        CASE WHEN x.route             IS DISTINCT FROM y.route             THEN 'route' END,
        CASE WHEN x.training_type     IS DISTINCT FROM y.training_type     THEN 'training_type' END,
        CASE WHEN x.model_families    IS DISTINCT FROM y.model_families    THEN 'model_families' END,
        CASE WHEN x.priority          IS DISTINCT FROM y.priority          THEN 'priority' END,
        CASE WHEN x.estimated_samples IS DISTINCT FROM y.estimated_samples THEN 'estimated_samples' END,
        CASE WHEN x.reason            IS DISTINCT FROM y.reason            THEN 'reason' END,
        CASE WHEN x.metadata          IS DISTINCT FROM y.metadata          THEN 'metadata' END
    ], lambda field: field IS NOT NULL) END AS fields
FROM (FROM jobs WHERE plan_id = a) AS x
FULL JOIN (FROM jobs WHERE plan_id = b) AS y USING (job_id)
WHERE x.job_id IS NULL OR y.job_id IS NULL OR fields <> []
ORDER BY job_id;
