-- The cross-sectional jobs of a plan, in plan order.
CREATE OR REPLACE TEMP MACRO cs_jobs(plan := NULL) AS TABLE
FROM jobs WHERE training_type = 'cross_sectional' AND plan_id = chosen_plan(plan) ORDER BY ordinal;
