-- The symbols for which a plan trains a target on its own.
-- t: a target
-- plan: a plan id; null: the current plan
-- symbol: the symbol
-- ordinal: place of its job in the plan
-- makes: macro plan_symbols()
-- reads: jobs_for_target()
CREATE OR REPLACE MACRO plan_symbols(t, plan := NULL) AS TABLE
SELECT symbol, ordinal
FROM jobs_for_target(t, plan := plan)
WHERE training_type = 'symbol_specific'
ORDER BY ordinal;
