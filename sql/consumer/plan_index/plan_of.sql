-- A plan index holds one plan.
-- makes: macro plan_of()
-- reads: plans
CREATE OR REPLACE MACRO plan_of(plan) AS TABLE FROM plans;
