-- One row is a person's pin of a pair or a target, or (cleared) its end.
CREATE TABLE lake.overrides (
    commit_id   BIGINT,
    "position"  INTEGER,
    run_id      VARCHAR,
    override_id VARCHAR,
    target      VARCHAR,
    symbol      VARCHAR,
    route       VARCHAR,
    author      VARCHAR,
    reason      VARCHAR,
    expires_at  TIMESTAMPTZ,
    cleared     BOOLEAN
);
