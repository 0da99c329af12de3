-- One row is a job of a plan; ordinal counts from 1 in plan order.
-- makes: table lake.jobs
-- reads: nothing
CREATE TABLE lake.jobs (
    commit_id         BIGINT,     -- the commit that recorded it
    "position"        INTEGER,    -- its place in the commit, from 1
    run_id            VARCHAR,    -- the run that first arrived at the plan
    plan_id           VARCHAR,    -- the plan that it is a line of
    ordinal           INTEGER,    -- its place in the plan, from 1
    job_id            VARCHAR,    -- its name, unique in the plan
    target            VARCHAR,    -- the target to train
    symbol            VARCHAR,    -- the symbol to train for; null: one model over all symbols
    route             VARCHAR,    -- the route that it comes from
    training_type     VARCHAR,    -- `cross_sectional`, `symbol_specific` or `blocked`
    model_families    VARCHAR[],  -- the model families to train
    priority          INTEGER,    -- how urgent it is: 3 before 2 before 1; 0 is not trained
    reason            VARCHAR,    -- the reasons of its decision, in one text
    metadata          STRUCT(     -- signal states of both sides, and whether it needs the cross-sectional model beside it
        cs_state          VARCHAR,
        local_state       VARCHAR,
        needs_cs_ensemble BOOLEAN,
        dev_mode_fallback BOOLEAN
    ),
    estimated_samples BIGINT      -- rows to train on, where they are known
);
