-- How many jobs of each plan are where.
-- plan_id: the plan
-- training_type: `cross_sectional`, `symbol_specific` or `blocked`
-- status: the latest status of the jobs; `planned` while nobody has touched them
-- jobs: how many jobs
-- makes: view plan_progress
-- reads: job_latest_status, jobs
CREATE OR REPLACE VIEW plan_progress AS
SELECT j.plan_id, j.training_type, coalesce(s.status, 'planned') AS status, count(*) AS jobs
FROM jobs AS j
LEFT JOIN job_latest_status AS s USING (plan_id, job_id)
GROUP BY ALL;
