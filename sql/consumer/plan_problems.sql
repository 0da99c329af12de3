-- makes: rows
-- reads: plan_problems()
SELECT problem FROM plan_problems();
