-- The jobs of a plan with their latest status, of one target, symbol or status where these are given.
-- makes: rows
-- reads: job_latest_status, jobs, job_metadata(), $plan_id, $status, $symbol, $target
SELECT j.ordinal, j.job_id, j.target, j.symbol, j.route, j.training_type, j.model_families, j.priority, j.reason,
       job_metadata(j.training_type, j.metadata) AS metadata, j.estimated_samples, coalesce(s.status, 'planned') AS status,
       s.attempt, s.worker, s.occurred_at AS status_at, s.error, s.lease_until, s.metrics, s.artifacts
FROM jobs AS j
LEFT JOIN job_latest_status AS s USING (plan_id, job_id)
WHERE j.plan_id = $plan_id
  AND coalesce(j.target = $target, true)
  AND coalesce(j.symbol = $symbol, $symbol IS NULL)
  AND coalesce(coalesce(s.status, 'planned') = $status, true)
ORDER BY j.ordinal;
