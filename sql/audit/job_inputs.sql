-- The artifacts with the inputs of all jobs on the target and symbol of a job, and whether they are its own; the newest come
-- first. A job that was trained keeps them as `inputs`, one with the results of an earlier job as `reused`.
-- makes: rows
-- reads: artifacts, jobs, $job_id, $plan_id
WITH own AS (
    SELECT target, symbol FROM jobs WHERE plan_id = $plan_id AND job_id = $job_id
)
SELECT a.digest, a.name, j.plan_id, j.job_id, j.plan_id = $plan_id AND j.job_id = $job_id AS is_own
FROM artifacts AS a
JOIN jobs AS j ON a.belongs_to = j.plan_id || '/' || j.job_id
JOIN own ON own.target = j.target AND own.symbol IS NOT DISTINCT FROM j.symbol
WHERE a.name IN ('inputs', 'reused')
ORDER BY a.commit_id DESC, a."position" DESC;
