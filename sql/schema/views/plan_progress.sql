-- How many jobs of each plan are where.
-- plan_id: the plan
-- training_type: `cross_sectional`, `symbol_specific` or `blocked`
-- status: the latest status of the jobs; `planned` while nobody has touched them
-- jobs: how many jobs
-- makes: view plan_progress
-- reads: jobs_with_status
CREATE OR REPLACE VIEW plan_progress AS
SELECT plan_id, training_type, status, count(*) AS jobs
FROM jobs_with_status
GROUP BY ALL;
