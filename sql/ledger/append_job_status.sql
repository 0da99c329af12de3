-- The rows are staged with their places, from 1.
INSERT INTO lake.job_status
SELECT $commit_id, $position + place, $run_id, plan_id, job_id, attempt, status, worker, occurred_at, lease_until,
       metrics::JSON, error, artifacts
FROM incoming_status
ORDER BY place;
