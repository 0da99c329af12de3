-- A job of a plan with its latest status, and the job whose results it has, where it was not trained again.
-- makes: rows
-- reads: jobs_with_status, reused_jobs, $job_id, $plan_id
SELECT j.*, r.reused_from
FROM jobs_with_status AS j
LEFT JOIN (FROM reused_jobs WHERE plan_id = $plan_id AND job_id = $job_id) AS r USING (plan_id, job_id)
WHERE j.plan_id = $plan_id AND j.job_id = $job_id;
