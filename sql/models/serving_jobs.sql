-- The job that predicts for each target and pair on which a plan's run decided: the job of the pair, or the
-- cross-sectional one where the pair is routed to it; null where none does. A pair's own job that is averaged with the
-- cross-sectional one names that too. With a target or symbol only those rows.
-- makes: rows
-- reads: decisions, jobs, $plan_id, $symbol, $target
WITH planned AS (
    SELECT commit_id, ordinal, job_id, target, symbol, training_type = 'cross_sectional' AS is_pooled,
           coalesce(metadata.needs_cs_ensemble, false) AS combines
    FROM jobs
    WHERE plan_id = $plan_id AND training_type <> 'blocked'
),
pooled AS (
    SELECT target, arg_min(job_id, ordinal) AS job_id FROM planned WHERE is_pooled GROUP BY target
)
SELECT d.target, d.symbol, d.route,
       coalesce(o.job_id, CASE WHEN d.symbol IS NULL OR d.route = 'ROUTE_CROSS_SECTIONAL' THEN p.job_id END) AS job_id,
       CASE WHEN o.combines THEN p.job_id END AS pooled_job_id
FROM decisions AS d
LEFT JOIN planned AS o ON o.target = d.target AND o.symbol = d.symbol AND NOT o.is_pooled
LEFT JOIN pooled AS p ON p.target = d.target
WHERE d.commit_id = (SELECT min(commit_id) FROM planned)
  AND coalesce(d.target = $target, true)
  AND coalesce(d.symbol = $symbol, $symbol IS NULL)
ORDER BY d."position";
