-- One row is a job of a plan with its latest status.
-- jobs.*
-- status: where the job is; `planned` while nobody has touched it
-- attempt: the latest try of it, from 1
-- worker: who worked on it last
-- status_at: when its status last changed
-- error: why it failed last, or what was left out
-- lease_until: until when who works on it has it alone, unless the lease is renewed
-- metrics: names and numbers of the trained models, as `score` and `evidence_score`
-- artifacts: digests of the files that it made
-- makes: view jobs_with_status
-- reads: job_latest_status, jobs
CREATE OR REPLACE VIEW jobs_with_status AS
SELECT j.*, coalesce(s.status, 'planned') AS status, s.attempt, s.worker, s.occurred_at AS status_at, s.error,
       s.lease_until, s.metrics, s.artifacts
FROM jobs AS j
LEFT JOIN job_latest_status AS s USING (plan_id, job_id);
