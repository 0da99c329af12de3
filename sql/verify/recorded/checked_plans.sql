-- The commits with a plan, and how many jobs the budget of each leaves out, where the checks of plans look for them.
-- makes: view checked_plans
-- reads: lake.plans
CREATE OR REPLACE TEMP VIEW checked_plans AS
SELECT commit_id, max(coalesce((metadata->>'$.budget.jobs_left_out')::BIGINT, 0)) AS jobs_left_out
FROM lake.plans
GROUP BY commit_id;
