-- One row is a job that the budget of another policy leaves out (no kept_families), or some of whose families it leaves out.
-- makes: table whatif_left_out
-- reads: nothing
CREATE TEMP TABLE whatif_left_out (
    run_id VARCHAR, commit_id BIGINT, job_id VARCHAR, target VARCHAR, symbol VARCHAR, route VARCHAR, kept_families VARCHAR[],
    left_out_families VARCHAR[]
);
