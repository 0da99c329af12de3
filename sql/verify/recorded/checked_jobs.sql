-- The recorded jobs of some commits, where the checks of plans look for them.
-- makes: view checked_jobs
-- reads: lake.jobs, variable checked_commits
CREATE OR REPLACE TEMP VIEW checked_jobs AS
SELECT commit_id, target, symbol, route, job_id, metadata.dev_mode_fallback IS NOT NULL AS is_fallback
FROM lake.jobs
WHERE commit_id BETWEEN getvariable('checked_commits')[1] AND getvariable('checked_commits')[2];
