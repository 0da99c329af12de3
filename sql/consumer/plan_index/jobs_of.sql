-- A plan index holds the jobs of one plan, so that no condition on the plan is needed.
CREATE OR REPLACE MACRO jobs_of(plan) AS TABLE FROM jobs;
