-- The files that a job left when it succeeded; those of every job of the plan where none is named.
-- makes: rows
-- reads: artifacts, job_status, $job_id, $plan_id
SELECT s.job_id, a.name, a.digest, a.media_type, a.size
FROM job_status AS s
JOIN artifacts AS a ON a.commit_id = s.commit_id AND a.belongs_to = s.plan_id || '/' || s.job_id
WHERE s.plan_id = $plan_id AND coalesce(s.job_id = $job_id, true) AND s.status = 'succeeded'
ORDER BY s.job_id, a.commit_id, a."position";
