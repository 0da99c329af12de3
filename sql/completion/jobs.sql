-- The first $most jobs of the newest run's plan whose ids start with $prefix, by id.
-- makes: rows
-- reads: jobs, latest_run, $most, $prefix
SELECT job_id
FROM jobs
WHERE plan_id = (SELECT plan_id FROM latest_run) AND starts_with(job_id, $prefix)
ORDER BY job_id
LIMIT $most;
