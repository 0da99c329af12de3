-- What is asked of a plan's jobs to estimate their cost.
-- makes: rows
-- reads: jobs, $plan_id
SELECT job_id, target, symbol, training_type, model_families, estimated_samples FROM jobs WHERE plan_id = $plan_id ORDER BY ordinal;
