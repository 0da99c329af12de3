-- Some commits with a plan, and how many jobs the budget of each leaves out, where the checks of plans look for them.
-- makes: view checked_plans
-- reads: lake.plans, variable checked_commits
CREATE OR REPLACE TEMP VIEW checked_plans AS
SELECT commit_id, max(coalesce((metadata->>'$.budget.jobs_left_out')::BIGINT, 0)) AS jobs_left_out
FROM lake.plans
WHERE commit_id BETWEEN getvariable('checked_commits')[1] AND getvariable('checked_commits')[2]
GROUP BY commit_id;
