-- A shelf holds the jobs of one plan, so that finding them needs no other condition than what is asked for.
CREATE OR REPLACE MACRO jobs_of(plan) AS TABLE FROM jobs;
