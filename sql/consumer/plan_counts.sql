-- makes: rows
-- reads: plan_counts()
FROM plan_counts();
