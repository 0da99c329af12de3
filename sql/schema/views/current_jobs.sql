-- The jobs of the current plan, in plan order, each with its latest status.
-- jobs_with_status.*
-- makes: view current_jobs
-- reads: jobs_with_status, latest_run
CREATE OR REPLACE VIEW current_jobs AS
FROM jobs_with_status WHERE plan_id = (SELECT plan_id FROM latest_run) ORDER BY ordinal;
