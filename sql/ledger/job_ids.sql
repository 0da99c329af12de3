-- The ids of a plan's jobs.
-- makes: rows
-- reads: lake.jobs, $plan_id
SELECT job_id FROM lake.jobs WHERE plan_id = $plan_id;
