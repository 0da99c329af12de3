-- makes: rows
-- reads: plan_targets(), $training_type
SELECT target FROM plan_targets(kind := $training_type);
