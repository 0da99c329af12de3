-- What this session has seen of the changes of the plan's jobs. lease_over says when a lease is over unless it is renewed,
-- in seconds of this session's own clock: as long after the session saw it as it lasts, because the clocks of two
-- machines may tell different times.
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
