-- Jobs that are to be trained: planned, or failed, skipped or cancelled when the commit $since was the newest, because a
-- later call tries those again. A job that combines its model with the pooled one waits until that one is settled.
-- makes: macro open_jobs()
-- reads: job_standing
CREATE OR REPLACE TEMP MACRO open_jobs(since) AS TABLE
WITH standing AS MATERIALIZED (
    SELECT *, status = 'planned' OR (status IN ('failed', 'skipped', 'cancelled') AND commit_id <= since) AS is_open
    FROM job_standing
)
SELECT j.*, p.job_id IS NOT NULL AS waits
FROM standing AS j
LEFT JOIN standing AS p ON p.job_id = j.pooled_job_id AND (p.is_open OR p.status = 'running')
WHERE j.is_open;
