-- The jobs of a plan with their statuses, metrics and artifacts.
-- makes: rows
-- reads: jobs_with_status, $plan_id
SELECT ordinal, job_id, target, symbol, route, training_type, priority, model_families, status, attempt, worker,
       status_at AS occurred_at, error, metrics, coalesce(len(artifacts), 0) AS artifacts, left_out
FROM jobs_with_status
WHERE plan_id = $plan_id
ORDER BY ordinal;
