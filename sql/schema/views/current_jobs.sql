-- The jobs of the current plan, in plan order, each with its latest status.
-- jobs.*
-- status: where the job is; `planned` while nobody has touched it
-- attempt: the latest try of it, from 1
-- worker: who worked on it last
-- status_at: when its status last changed
-- error: why it failed last
CREATE OR REPLACE TEMP VIEW current_jobs AS
SELECT j.*, coalesce(s.status, 'planned') AS status, s.attempt, s.worker, s.occurred_at AS status_at, s.error,
       s.lease_until, s.metrics, s.artifacts
FROM jobs AS j
LEFT JOIN job_latest_status AS s USING (plan_id, job_id)
WHERE j.plan_id = (SELECT plan_id FROM latest_run)
ORDER BY j.ordinal;
