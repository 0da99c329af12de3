-- What was recorded since this session last looked.
INSERT INTO job_changes
SELECT commit_id, "position", job_id, attempt, status, worker, $clock + epoch(lease_until) - epoch(occurred_at)
FROM lake.job_status
WHERE plan_id = $plan_id AND commit_id > $seen;
