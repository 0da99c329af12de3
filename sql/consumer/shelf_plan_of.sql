-- A shelf holds one plan.
CREATE OR REPLACE TEMP MACRO plan_of(plan) AS TABLE FROM plans;
