-- The jobs that a decision led to, with where they are and what they made; a pair that trains in the pooled model has its
-- target's job.
SELECT j.job_id, j.training_type, j.priority, j.model_families, coalesce(s.status, 'planned') AS status,
       s.attempt, s.worker, s.occurred_at AS status_at, s.error, s.metrics, s.artifacts
FROM jobs AS j
LEFT JOIN job_latest_status AS s USING (plan_id, job_id)
WHERE j.plan_id = $plan_id AND j.target = $target
  AND (j.symbol IS NOT DISTINCT FROM $symbol
       OR (j.symbol IS NULL AND $route IN ('ROUTE_CROSS_SECTIONAL', 'ROUTE_BOTH')))
ORDER BY j.ordinal;
