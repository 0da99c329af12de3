-- The ids of a plan's jobs.
SELECT job_id FROM lake.jobs WHERE plan_id = $plan_id;
