-- All jobs of a plan, in plan order.
-- plan: a plan id; null: the current plan
-- jobs.*
-- makes: macro plan_jobs()
-- reads: jobs_of()
CREATE OR REPLACE MACRO plan_jobs(plan := NULL) AS TABLE
FROM jobs_of(plan) ORDER BY ordinal;
