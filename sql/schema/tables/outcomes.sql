-- One row is an outcome: the score that came true of what a run's evidence promised, on rows that came after.
-- A migrated store may have the table already, because its migration was killed.
-- makes: table lake.outcomes
-- reads: nothing
CREATE TABLE IF NOT EXISTS lake.outcomes (
    commit_id         BIGINT,       -- the commit that recorded it
    "position"        INTEGER,      -- its place in the commit, from 1
    run_id            VARCHAR,      -- the run whose evidence promised it
    target            VARCHAR,      -- the target
    symbol            VARCHAR,      -- the symbol of the scored rows; null: all symbols
    mode              VARCHAR,      -- the scored model: `CROSS_SECTIONAL`, `SYMBOL_SPECIFIC`, or `BOTH`, the mean of the two
    metric_name       VARCHAR,      -- the metric of the score, as `auc` or `r2`
    score             DOUBLE,       -- the score that came true
    null_score        DOUBLE,       -- the mean score of the same predictions on time-shifted labels of the same stretch
    null_sd           DOUBLE,       -- the standard deviation of such scores over all shifts
    p_value           DOUBLE,       -- the probability that chance scores as high, from 0 to 1
    effective_samples DOUBLE,       -- how many of the stretch's timestamps are independent of one another
    sample_size       BIGINT,       -- scored rows
    first_timestamp   TIMESTAMPTZ,  -- the first of them
    last_timestamp    TIMESTAMPTZ,  -- the last of them
    learned_until     TIMESTAMPTZ,  -- the newest data that the evidence and the model had seen; before first_timestamp
    job_id            VARCHAR,      -- the job of the model; null where no job trained it
    model             VARCHAR       -- digest of the model, or of its description
);
