-- The cross-sectional jobs of a plan, in plan order.
-- plan: a plan id; null: the current plan
-- jobs.*
-- makes: macro cs_jobs()
-- reads: jobs_of()
CREATE OR REPLACE MACRO cs_jobs(plan := NULL) AS TABLE
FROM jobs_of(plan) WHERE training_type = 'cross_sectional' ORDER BY ordinal;
