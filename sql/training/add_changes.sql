-- The changes of the commit that is being written.
-- appends to: job_changes
-- reads: incoming_status, $clock, $commit_id
INSERT INTO job_changes
SELECT $commit_id, place, job_id, attempt, status, worker, $clock + epoch(lease_until) - epoch(occurred_at)
FROM incoming_status;
