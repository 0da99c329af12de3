-- The latest status of every job that has one: of its latest attempt the one recorded last.
-- plan_id: the plan of the job
-- job_id: the job
-- attempt: the latest attempt, from 1
-- status: the latest status
-- worker: the name of its latest worker
-- occurred_at: when its status last changed
-- error: the reason of its last failure
-- lease_until: the end of its worker's lease, unless it is renewed
-- metrics: names and numbers of the trained models
-- artifacts: digests of the files that it made
-- left_out: the parts that it left out though it succeeded, such as families that could not be used
-- makes: view job_latest_status
-- reads: job_status
CREATE OR REPLACE VIEW job_latest_status AS
SELECT plan_id, job_id, max(attempt) AS attempt,
       arg_max_null(status, (attempt, commit_id, "position"))      AS status,
       arg_max_null(worker, (attempt, commit_id, "position"))      AS worker,
       arg_max_null(occurred_at, (attempt, commit_id, "position")) AS occurred_at,
       arg_max_null(error, (attempt, commit_id, "position"))       AS error,
       arg_max_null(lease_until, (attempt, commit_id, "position")) AS lease_until,
       arg_max_null(metrics, (attempt, commit_id, "position"))     AS metrics,
       arg_max_null(artifacts, (attempt, commit_id, "position"))   AS artifacts,
       arg_max_null(left_out, (attempt, commit_id, "position"))    AS left_out
FROM job_status
GROUP BY plan_id, job_id;
