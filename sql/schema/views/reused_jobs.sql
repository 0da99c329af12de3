-- The jobs that were not trained again, because an earlier job had the same inputs.
-- plan_id: the plan of the job
-- job_id: the job
-- inputs: digest of the artifact with its inputs
-- reused_from: the job whose results it has, as plan and job, `PLAN/JOB`: the first that was trained from these inputs
-- makes: view reused_jobs
-- reads: artifacts
CREATE OR REPLACE VIEW reused_jobs AS
SELECT split_part(r.belongs_to, '/', 1) AS plan_id, substr(r.belongs_to, strpos(r.belongs_to, '/') + 1) AS job_id,
       r.digest AS inputs, o.belongs_to AS reused_from
FROM (FROM artifacts WHERE name = 'reused') AS r
JOIN (
    SELECT digest, arg_min(belongs_to, (commit_id, "position")) AS belongs_to
    FROM artifacts
    WHERE name = 'inputs'
    GROUP BY digest
) AS o USING (digest);
