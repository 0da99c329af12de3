-- The jobs of the current plan, each with its latest status.
CREATE OR REPLACE TEMP VIEW current_jobs AS
SELECT j.*, coalesce(s.status, 'planned') AS status, s.attempt, s.worker, s.occurred_at AS status_at, s.error,
       s.lease_until, s.metrics, s.artifacts
FROM jobs AS j
LEFT JOIN job_latest_status AS s USING (plan_id, job_id)
WHERE j.plan_id = (SELECT plan_id FROM latest_run)
ORDER BY j.ordinal;
