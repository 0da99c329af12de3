-- All jobs of a plan, in plan order.
-- makes: rows
-- reads: plan_jobs()
FROM plan_jobs();
