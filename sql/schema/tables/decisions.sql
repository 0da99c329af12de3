-- One row is a decision: the route of a pair, or (symbol null) a target's cross-sectional side, ENABLED or DISABLED.
CREATE TABLE lake.decisions (
    commit_id       BIGINT,
    "position"      INTEGER,
    run_id          VARCHAR,
    target          VARCHAR,
    symbol          VARCHAR,
    route           VARCHAR,
    cs_state        VARCHAR,
    local_state     VARCHAR,
    cs_stability    VARCHAR,
    local_stability VARCHAR,
    rule            VARCHAR,
    reasons         VARCHAR[],
    override_id     VARCHAR
);
