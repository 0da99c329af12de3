-- One row is a person's pin of a pair or a target, or (cleared) its end.
-- makes: table lake.overrides
-- reads: nothing
CREATE TABLE lake.overrides (
    commit_id   BIGINT,       -- the commit that recorded it
    "position"  INTEGER,      -- its place in the commit, from 1
    run_id      VARCHAR,      -- null: an override belongs to no run
    override_id VARCHAR,      -- its name, which `decisions` refers to
    target      VARCHAR,      -- the target that is pinned
    symbol      VARCHAR,      -- the symbol; null: the target's cross-sectional side
    route       VARCHAR,      -- the route it is pinned to
    author      VARCHAR,      -- who pinned it
    reason      VARCHAR,      -- why, in the author's words
    expires_at  TIMESTAMPTZ,  -- when it ends by itself; null: never
    cleared     BOOLEAN       -- true: from here on the override no longer holds
);
