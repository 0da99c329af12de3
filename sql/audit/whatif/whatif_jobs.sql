-- One row is a job that another policy adds or removes.
-- makes: table whatif_jobs
-- reads: nothing
CREATE TEMP TABLE whatif_jobs (
    run_id VARCHAR, commit_id BIGINT, "change" VARCHAR, job_id VARCHAR, target VARCHAR, symbol VARCHAR, route VARCHAR
);
