-- One row is a commit: one atomic append of events.
CREATE TABLE lake.commits (
    commit_id         BIGINT,
    recorded_at       TIMESTAMPTZ,
    run_id            VARCHAR,
    kind              VARCHAR,
    actor             VARCHAR,
    message           VARCHAR,
    idempotency_key   VARCHAR,
    planstore_version VARCHAR,
    counts            STRUCT("table" VARCHAR, "rows" BIGINT, digest VARCHAR)[],
    digest            VARCHAR,
    previous_digest   VARCHAR
);
