-- One row is a run: one pass from candidates over decisions to a plan.
-- makes: table lake.runs
-- reads: nothing
CREATE TABLE lake.runs (
    commit_id   BIGINT,       -- the commit that recorded it
    "position"  INTEGER,      -- its place in the commit, from 1
    run_id      VARCHAR,      -- its name
    started_at  TIMESTAMPTZ,  -- when it began
    git_commit  VARCHAR,      -- the code it ran on, as the caller said
    config_hash VARCHAR,      -- its configuration, as the caller said
    evidence_id VARCHAR,      -- digest of its candidates
    policy_id   VARCHAR,      -- the policy it used
    rules_id    VARCHAR,      -- digest of the rules it used
    plan_id     VARCHAR,      -- the plan it arrived at
    settings    STRUCT(       -- what else the caller asked for: model families, blocked pairs listed or not, where the candidates came from
        metrics_snapshot VARCHAR,
        model_families   VARCHAR[],
        include_blocked  BOOLEAN
    )
);
