-- The latest status of every job that has one.
-- plan_id: the plan of the job
-- job_id: the job
-- attempt: the latest try of it, from 1
-- status: the latest status
-- worker: who worked on it last
-- occurred_at: when its status last changed
-- error: why it failed last, or what was left out
-- lease_until: until when who works on it has it alone, unless the lease is renewed
-- metrics: names and numbers of the trained models
-- artifacts: digests of the files that it made
CREATE OR REPLACE VIEW job_latest_status AS
SELECT plan_id, job_id, max(attempt) AS attempt,
       arg_max_null(status, (commit_id, "position"))      AS status,
       arg_max_null(worker, (commit_id, "position"))      AS worker,
       arg_max_null(occurred_at, (commit_id, "position")) AS occurred_at,
       arg_max_null(error, (commit_id, "position"))       AS error,
       arg_max_null(lease_until, (commit_id, "position")) AS lease_until,
       arg_max_null(metrics, (commit_id, "position"))     AS metrics,
       arg_max_null(artifacts, (commit_id, "position"))   AS artifacts
FROM job_status
GROUP BY plan_id, job_id;
