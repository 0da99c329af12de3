-- The run that published a plan.
SELECT run_id FROM plans WHERE plan_id = $plan_id;
