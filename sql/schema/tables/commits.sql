-- One row is a commit: one atomic append of events.
-- makes: table lake.commits
-- reads: nothing
CREATE TABLE lake.commits (
    commit_id         BIGINT,       -- its number: 1, 2, 3, … without gaps
    recorded_at       TIMESTAMPTZ,  -- when it was recorded
    run_id            VARCHAR,      -- the run that it records; null when it records something else
    kind              VARCHAR,      -- the kind of its events, such as `run` or `status`
    actor             VARCHAR,      -- who made it: the user of the system
    message           VARCHAR,      -- description in words
    idempotency_key   VARCHAR,      -- the name under which a repeated call finds it again
    planstore_version VARCHAR,      -- the planstore that wrote it
    counts            STRUCT("table" VARCHAR, "rows" BIGINT, digest VARCHAR)[],  -- rows and digest of each table that it appended to
    digest            VARCHAR,      -- digest of its header, and through it of all its rows
    previous_digest   VARCHAR       -- the digest of the commit before it; zeros for the first
);
