-- The jobs of one symbol, in plan order.
CREATE OR REPLACE TEMP MACRO jobs_for_symbol(s, plan := NULL) AS TABLE
FROM jobs WHERE symbol = s AND plan_id = chosen_plan(plan) ORDER BY ordinal;
