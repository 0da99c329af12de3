-- One row is a change of a job's status.
-- makes: table lake.job_status
-- reads: nothing
CREATE TABLE lake.job_status (
    commit_id   BIGINT,       -- the commit that recorded it
    "position"  INTEGER,      -- its place in the commit, from 1
    run_id      VARCHAR,      -- null: a status belongs to a plan, which several runs may have
    plan_id     VARCHAR,      -- the plan of the job
    job_id      VARCHAR,      -- the job
    attempt     INTEGER,      -- which try of the job it is, from 1
    status      VARCHAR,      -- `planned`, `claimed`, `running`, `succeeded`, `failed`, `skipped` or `cancelled`
    worker      VARCHAR,      -- who works on it
    occurred_at TIMESTAMPTZ,  -- when it happened
    lease_until TIMESTAMPTZ,  -- until when the worker has the job to itself
    metrics     JSON,         -- names and numbers of the trained model
    error       VARCHAR,      -- why it failed; of one that succeeded, what was left out
    artifacts   VARCHAR[]     -- digests of the artifacts that it made
);
