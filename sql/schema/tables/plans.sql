-- One row is a plan published; artifact is the digest of its canonical document.
-- makes: table lake.plans
-- reads: nothing
CREATE TABLE lake.plans (
    commit_id    BIGINT,       -- the commit that recorded it
    "position"   INTEGER,      -- its place in the commit, from 1
    run_id       VARCHAR,      -- the run that first arrived at it
    plan_id      VARCHAR,      -- digest of its canonical document with evidence, policy and rules
    generated_at TIMESTAMPTZ,  -- when it was made
    metadata     JSON,         -- the plan's head, as in `master_training_plan.json`
    summary      JSON,         -- jobs by route, type and priority, as in `master_training_plan.json`
    artifact     VARCHAR       -- digest of its canonical document
);
