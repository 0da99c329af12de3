-- A plan index holds one plan.
CREATE OR REPLACE MACRO plan_of(plan) AS TABLE FROM plans;
