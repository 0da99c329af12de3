-- One plan: the one named, or (null) the current one.
-- plan: a plan id; null: the current plan
-- plans.*
-- makes: macro plan_of()
-- reads: current_plan, plans
CREATE OR REPLACE MACRO plan_of(plan) AS TABLE
FROM plans WHERE plan_id = coalesce(plan, (SELECT plan_id FROM current_plan));
