-- One row is a job of a plan; ordinal counts from 1 in plan order.
CREATE TABLE lake.jobs (
    commit_id         BIGINT,
    "position"        INTEGER,
    run_id            VARCHAR,
    plan_id           VARCHAR,
    ordinal           INTEGER,
    job_id            VARCHAR,
    target            VARCHAR,
    symbol            VARCHAR,
    route             VARCHAR,
    training_type     VARCHAR,
    model_families    VARCHAR[],
    priority          INTEGER,
    reason            VARCHAR,
    metadata          STRUCT(
        cs_state          VARCHAR,
        local_state       VARCHAR,
        needs_cs_ensemble BOOLEAN,
        dev_mode_fallback BOOLEAN
    ),
    estimated_samples BIGINT
);
