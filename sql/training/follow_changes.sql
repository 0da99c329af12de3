-- The changes that were recorded since this session last read.
-- appends to: job_changes
-- reads: lake.job_status, $clock, $plan_id, $seen
INSERT INTO job_changes
SELECT commit_id, "position", job_id, attempt, status, worker, $clock + epoch(lease_until) - epoch(occurred_at)
FROM lake.job_status
WHERE plan_id = $plan_id AND commit_id > $seen;
