-- The jobs of one plan: the one named, or (null) the current one.
-- plan: a plan id; null: the current plan
-- jobs.*
-- makes: macro jobs_of()
-- reads: current_plan, jobs
CREATE OR REPLACE MACRO jobs_of(plan) AS TABLE
FROM jobs WHERE plan_id = coalesce(plan, (SELECT plan_id FROM current_plan));
