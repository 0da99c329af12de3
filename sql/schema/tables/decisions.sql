-- One row is a decision: the route of a pair, or (symbol null) a target's cross-sectional side, ENABLED or DISABLED.
-- makes: table lake.decisions
-- reads: nothing
CREATE TABLE lake.decisions (
    commit_id       BIGINT,     -- the commit that recorded it
    "position"      INTEGER,    -- its place in the commit, from 1
    run_id          VARCHAR,    -- the run that decided
    target          VARCHAR,    -- the target
    symbol          VARCHAR,    -- the symbol; null: the target's cross-sectional side
    route           VARCHAR,    -- one of the five routes of a pair; `ENABLED` or `DISABLED` where symbol is null
    cs_state        VARCHAR,    -- signal state of the cross-sectional side
    local_state     VARCHAR,    -- signal state of the symbol's own side
    cs_stability    VARCHAR,    -- stability that the cross-sectional state rests on
    local_stability VARCHAR,    -- stability that the symbol's own state rests on
    rule            VARCHAR,    -- the rule that decided, by its short name
    reasons         VARCHAR[],  -- why, in words
    override_id     VARCHAR     -- the override that decided instead of the rules
);
