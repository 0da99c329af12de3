-- The run that published a plan.
-- makes: rows
-- reads: plans, $plan_id
SELECT run_id FROM plans WHERE plan_id = $plan_id;
