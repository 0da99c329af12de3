-- The plan that a macro's optional argument means: itself, or the current one.
CREATE OR REPLACE TEMP MACRO chosen_plan(plan) AS coalesce(plan, (SELECT plan_id FROM current_plan));
