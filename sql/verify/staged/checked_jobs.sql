-- The jobs of a plan that is not recorded yet, where the checks of plans look for them.
-- makes: view checked_jobs
-- reads: jobs
CREATE OR REPLACE TEMP VIEW checked_jobs AS
SELECT 0::BIGINT AS commit_id, target, symbol, route, job_id, metadata.dev_mode_fallback IS NOT NULL AS is_fallback
FROM jobs;
