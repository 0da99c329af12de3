-- What the commit on its way is going to say.
INSERT INTO job_changes
SELECT $commit_id, place, job_id, attempt, status, worker, lease_until
FROM incoming_status;
