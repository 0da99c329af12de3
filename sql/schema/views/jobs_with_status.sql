-- One row is a job of a plan with its latest status.
-- jobs.*
-- status: the status of the job; `planned` until a worker claims it
-- attempt: the latest attempt, from 1
-- worker: the name of its latest worker
-- status_at: when its status last changed
-- error: the reason of its last failure
-- lease_until: the end of its worker's lease, unless it is renewed
-- metrics: names and numbers of the trained models, as `score` and `evidence_score`
-- artifacts: digests of the files that it made
-- left_out: the parts that it left out though it succeeded, such as families that could not be used
-- makes: view jobs_with_status
-- reads: job_latest_status, jobs
CREATE OR REPLACE VIEW jobs_with_status AS
SELECT j.*, coalesce(s.status, 'planned') AS status, s.attempt, s.worker, s.occurred_at AS status_at, s.error,
       s.lease_until, s.metrics, s.artifacts, s.left_out
FROM jobs AS j
LEFT JOIN job_latest_status AS s USING (plan_id, job_id);
