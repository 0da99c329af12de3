-- The latest status of some jobs of a plan.
-- makes: rows
-- reads: job_latest_status, $job_ids, $plan_id
SELECT job_id, status, attempt, worker, occurred_at, error, metrics, artifacts
FROM job_latest_status
WHERE plan_id = $plan_id AND list_contains($job_ids::VARCHAR[], job_id);
