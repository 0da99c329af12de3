-- What this session has seen of the changes of the plan's jobs.
CREATE OR REPLACE TEMP TABLE job_changes (
    commit_id   BIGINT,
    "position"  INTEGER,
    job_id      VARCHAR,
    attempt     INTEGER,
    status      VARCHAR,
    worker      VARCHAR,
    lease_until TIMESTAMPTZ
);
