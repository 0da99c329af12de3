-- The jobs of a plan with the sides that they train, and the cross-sectional job that a job is averaged with.
-- makes: rows
-- reads: jobs, $plan_id
WITH planned AS MATERIALIZED (
    SELECT ordinal, job_id, target, symbol, training_type, metadata.needs_cs_ensemble AS combines
    FROM jobs
    WHERE plan_id = $plan_id
),
pooled AS (
    SELECT target, arg_min(job_id, ordinal) AS job_id FROM planned WHERE training_type = 'cross_sectional' GROUP BY target
)
SELECT j.job_id, j.target, j.symbol, CASE WHEN j.combines THEN p.job_id END AS pooled_job_id
FROM planned AS j
LEFT JOIN pooled AS p ON p.target = j.target
ORDER BY j.ordinal;
