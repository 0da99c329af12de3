-- Jobs to train: planned ones, and those that ended without success by the commit $since, because a later call retries
-- them. A job that combines its model with the cross-sectional one waits until that one has ended.
-- makes: macro open_jobs()
-- reads: job_standing
CREATE OR REPLACE TEMP MACRO open_jobs(since) AS TABLE
WITH standing AS MATERIALIZED (
    SELECT *, status = 'planned' OR (status NOT IN ('claimed', 'running', 'succeeded') AND commit_id <= since) AS is_open
    FROM job_standing
)
SELECT j.*, p.job_id IS NOT NULL AS waits
FROM standing AS j
LEFT JOIN standing AS p ON p.job_id = j.pooled_job_id AND (p.is_open OR p.status IN ('claimed', 'running'))
WHERE j.is_open;
