-- makes: rows
-- reads: plan_symbols(), $target
SELECT symbol FROM plan_symbols($target);
