-- How many jobs of a plan have the results of an earlier job.
-- makes: rows
-- reads: reused_jobs, $plan_id
SELECT count(*) AS jobs FROM reused_jobs WHERE plan_id = $plan_id;
