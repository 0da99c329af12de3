-- The jobs of a plan with their latest status, of one target, symbol or status where these are given; and the job whose
-- results a job has, where it was not trained again.
-- makes: rows
-- reads: jobs_with_status, reused_jobs, job_metadata(), $plan_id, $status, $symbol, $target
SELECT ordinal, job_id, target, symbol, route, training_type, model_families, priority, reason,
       job_metadata(training_type, metadata) AS metadata, estimated_samples, status, attempt, worker, status_at, error,
       lease_until, metrics, artifacts, reused_from, left_out
FROM jobs_with_status
LEFT JOIN (SELECT job_id, reused_from FROM reused_jobs WHERE plan_id = $plan_id) USING (job_id)
WHERE plan_id = $plan_id
  AND coalesce(target = $target, true)
  AND coalesce(symbol = $symbol, $symbol IS NULL)
  AND coalesce(status = $status, true)
ORDER BY ordinal;
