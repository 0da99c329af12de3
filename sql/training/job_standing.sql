-- Where each job stands: its latest attempt with the latest status of that, how many of its attempts were lost with
-- their workers (their jobs were planned again), and whether one succeeded, after which nothing counts.
-- makes: view job_standing
-- reads: job_changes, trainable_jobs
CREATE OR REPLACE TEMP VIEW job_standing AS
SELECT j.ordinal, j.job_id, j.pooled_job_id, j.urgency, j.on_gpu,
       coalesce(c.attempt, 0) AS attempt,
       CASE WHEN c.has_succeeded THEN 'succeeded' ELSE coalesce(c.status, 'planned') END AS status,
       c.worker, c.lease_over, c.commit_id, coalesce(c.lost, 0) AS lost
FROM trainable_jobs AS j
LEFT JOIN (
    SELECT job_id, max(attempt) AS attempt,
           arg_max_null(status, (attempt, commit_id, "position"))      AS status,
           arg_max_null(worker, (attempt, commit_id, "position"))      AS worker,
           arg_max_null(lease_over, (attempt, commit_id, "position"))  AS lease_over,
           arg_max_null(commit_id, (attempt, commit_id, "position"))   AS commit_id,
           count(*) FILTER (status = 'planned')                        AS lost,
           bool_or(status = 'succeeded')                               AS has_succeeded
    FROM job_changes
    GROUP BY job_id
) AS c USING (job_id);
