-- How many jobs the budget of a plan that is not recorded yet leaves out, where the checks of plans look for it.
-- makes: table checked_plans
-- reads: $jobs_left_out
CREATE OR REPLACE TEMP TABLE checked_plans AS SELECT 0::BIGINT AS commit_id, $jobs_left_out::BIGINT AS jobs_left_out;
