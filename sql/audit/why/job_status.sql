-- The latest status of some jobs of a plan, and the job whose results each has, where it was not trained again.
-- makes: rows
-- reads: job_latest_status, reused_jobs, $job_ids, $plan_id
SELECT job_id, status, attempt, worker, occurred_at, error, metrics, artifacts, reused_from, left_out
FROM job_latest_status
LEFT JOIN (SELECT job_id, reused_from FROM reused_jobs WHERE plan_id = $plan_id) USING (job_id)
WHERE plan_id = $plan_id AND list_contains($job_ids::VARCHAR[], job_id);
