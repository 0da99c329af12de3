-- The artifact with this name of a job that succeeded.
-- makes: rows
-- reads: lake.artifacts, lake.job_status, $job_id, $name, $plan_id
SELECT a.digest
FROM lake.job_status AS s
JOIN lake.artifacts AS a ON a.commit_id = s.commit_id AND list_contains(s.artifacts, a.digest)
WHERE s.plan_id = $plan_id AND s.job_id = $job_id AND s.status = 'succeeded' AND a.name = $name
ORDER BY s.commit_id
LIMIT 1;
