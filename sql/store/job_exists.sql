-- The job of a plan with this id, if there is one.
-- makes: rows
-- reads: jobs, $job_id, $plan_id
SELECT job_id FROM jobs WHERE plan_id = $plan_id AND job_id = $job_id;
