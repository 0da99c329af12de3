-- The symbol-specific jobs of a plan, in plan order.
CREATE OR REPLACE TEMP MACRO symbol_jobs(plan := NULL) AS TABLE
FROM jobs WHERE training_type = 'symbol_specific' AND plan_id = chosen_plan(plan) ORDER BY ordinal;
