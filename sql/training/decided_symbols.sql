-- The symbols that a panel for a plan may hold: those that the run decided on which made the plan.
-- makes: rows
-- reads: lake.decisions, lake.plans, $plan_id
SELECT DISTINCT symbol
FROM lake.decisions
WHERE commit_id = (SELECT min(commit_id) FROM lake.plans WHERE plan_id = $plan_id) AND symbol IS NOT NULL
ORDER BY symbol;
