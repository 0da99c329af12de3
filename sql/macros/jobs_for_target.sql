-- The jobs of one target, in plan order.
-- t: a target
-- plan: a plan id; null: the current plan
-- jobs.*
-- makes: macro jobs_for_target()
-- reads: jobs_of()
CREATE OR REPLACE MACRO jobs_for_target(t, plan := NULL) AS TABLE
FROM jobs_of(plan) WHERE target = t ORDER BY ordinal;
