-- The jobs of a plan with where they are and what they made.
-- makes: rows
-- reads: job_latest_status, jobs, $plan_id
SELECT j.ordinal, j.job_id, j.target, j.symbol, j.route, j.training_type, j.priority, j.model_families,
       coalesce(s.status, 'planned') AS status, s.attempt, s.worker, s.occurred_at, s.error, s.metrics,
       coalesce(len(s.artifacts), 0) AS artifacts
FROM jobs AS j
LEFT JOIN job_latest_status AS s USING (plan_id, job_id)
WHERE j.plan_id = $plan_id
ORDER BY j.ordinal;
