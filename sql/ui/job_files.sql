-- The files that belong to a job, in the order in which they were stored.
-- makes: rows
-- reads: artifacts, $job_id, $plan_id
SELECT name, media_type, size, digest, commit_id
FROM artifacts
WHERE belongs_to = $plan_id || '/' || $job_id
ORDER BY commit_id, "position";
