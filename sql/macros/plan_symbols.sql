-- The symbols for which a plan trains a target on its own.
CREATE OR REPLACE TEMP MACRO plan_symbols(t, plan := NULL) AS TABLE
SELECT symbol, ordinal
FROM jobs_for_target(t, plan := plan)
WHERE training_type = 'symbol_specific'
ORDER BY ordinal;
