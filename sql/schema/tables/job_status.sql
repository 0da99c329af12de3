-- One row is a change of a job's status.
CREATE TABLE lake.job_status (
    commit_id   BIGINT,
    "position"  INTEGER,
    run_id      VARCHAR,
    plan_id     VARCHAR,
    job_id      VARCHAR,
    attempt     INTEGER,
    status      VARCHAR,
    worker      VARCHAR,
    occurred_at TIMESTAMPTZ,
    lease_until TIMESTAMPTZ,
    metrics     JSON,
    error       VARCHAR,
    artifacts   VARCHAR[]
);
