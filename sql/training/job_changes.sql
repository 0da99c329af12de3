-- The changes of the plan's jobs that this session has read. lease_over is the end of a lease, unless it is renewed, in
-- seconds of this session's clock: the lease's length after the time of reading, because the clocks of machines differ.
-- makes: table job_changes
-- reads: nothing
CREATE OR REPLACE TEMP TABLE job_changes (
    commit_id   BIGINT,
    "position"  INTEGER,
    job_id      VARCHAR,
    attempt     INTEGER,
    status      VARCHAR,
    worker      VARCHAR,
    lease_over  DOUBLE
);
