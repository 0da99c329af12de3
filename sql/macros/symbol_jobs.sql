-- The symbol-specific jobs of a plan, in plan order.
-- plan: a plan id; null: the current plan
-- jobs.*
-- makes: macro symbol_jobs()
-- reads: jobs_of()
CREATE OR REPLACE MACRO symbol_jobs(plan := NULL) AS TABLE
FROM jobs_of(plan) WHERE training_type = 'symbol_specific' ORDER BY ordinal;
