-- A plan index holds the jobs of one plan, so that no condition on the plan is needed.
-- makes: macro jobs_of()
-- reads: jobs
CREATE OR REPLACE MACRO jobs_of(plan) AS TABLE FROM jobs;
