-- The jobs of a plan with their latest status, of these targets and symbols (an empty list selects all),
-- and of one status where it is given; and the job whose
-- results a job has, where it was not trained again.
-- makes: rows
-- reads: jobs_with_status, reused_jobs, job_metadata(), $plan_id, $status, $symbols, $targets
SELECT ordinal, job_id, target, symbol, route, training_type, model_families, priority, reason,
       job_metadata(training_type, metadata) AS metadata, estimated_samples, status, attempt, worker, status_at, error,
       lease_until, metrics, artifacts, reused_from, left_out
FROM jobs_with_status
LEFT JOIN (SELECT job_id, reused_from FROM reused_jobs WHERE plan_id = $plan_id) USING (job_id)
WHERE plan_id = $plan_id
  AND (len($targets::VARCHAR[]) = 0 OR list_contains($targets::VARCHAR[], target))
  AND (len($symbols::VARCHAR[]) = 0 OR coalesce(list_contains($symbols::VARCHAR[], symbol), false))
  AND coalesce(status = $status, true)
ORDER BY ordinal;
