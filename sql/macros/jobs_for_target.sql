-- The jobs of one target, in plan order.
CREATE OR REPLACE TEMP MACRO jobs_for_target(t, plan := NULL) AS TABLE
FROM jobs WHERE target = t AND plan_id = chosen_plan(plan) ORDER BY ordinal;
