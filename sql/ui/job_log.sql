-- The changes of a job's status, oldest first.
-- makes: rows
-- reads: job_status, $job_id, $plan_id
SELECT commit_id, occurred_at, attempt, status, worker, lease_until, metrics, error, left_out
FROM job_status
WHERE plan_id = $plan_id AND job_id = $job_id
ORDER BY commit_id, "position";
