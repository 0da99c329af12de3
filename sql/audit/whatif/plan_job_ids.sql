-- The jobs of a plan.
-- makes: rows
-- reads: jobs, $plan_id
SELECT job_id, target, symbol, route, model_families FROM jobs WHERE plan_id = $plan_id;
