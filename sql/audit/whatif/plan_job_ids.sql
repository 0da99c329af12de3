-- What a plan trains.
SELECT job_id, target, symbol, route FROM jobs WHERE plan_id = $plan_id;
