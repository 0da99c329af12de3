-- The targets that are no features of a panel for a plan: those that the run decided on which made the plan.
-- makes: rows
-- reads: lake.decisions, lake.plans, $plan_id
SELECT DISTINCT target
FROM lake.decisions
WHERE commit_id = (SELECT min(commit_id) FROM lake.plans WHERE plan_id = $plan_id)
ORDER BY target;
