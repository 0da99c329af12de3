-- One row is a candidate: the evidence of a target (symbol null) or of a pair.
-- makes: table lake.candidates
-- reads: nothing
CREATE TABLE lake.candidates (
    commit_id             BIGINT,       -- the commit that recorded it
    "position"            INTEGER,      -- its place in the commit, from 1
    run_id                VARCHAR,      -- the run it was evidence for
    target                VARCHAR,      -- the target
    symbol                VARCHAR,      -- the symbol; null: evidence over all symbols
    mode                  VARCHAR,      -- `CROSS_SECTIONAL` or `SYMBOL_SPECIFIC`
    score                 DOUBLE,       -- AUC or R² out of sample; null where there is none
    score_ci_low          DOUBLE,       -- lower end of the score's confidence interval
    score_ci_high         DOUBLE,       -- upper end of it
    stability             VARCHAR,      -- `STABLE`, `DRIFTING`, `DIVERGED` or `UNKNOWN`, as it was given
    stability_metrics     STRUCT(       -- what a stability that is `UNKNOWN` is classified from, over snapshots of the model
        mean_overlap DOUBLE,
        std_overlap  DOUBLE,
        mean_tau     DOUBLE,
        std_tau      DOUBLE
    ),
    stability_snapshots   BIGINT,       -- how many snapshots those metrics rest on
    sample_size           BIGINT,       -- rows that the evidence rests on
    leakage_status        VARCHAR,      -- `SAFE`, `SUSPECT`, `BLOCKED` or `UNKNOWN`
    feature_set_id        VARCHAR,      -- which features it was made with
    failed_model_families VARCHAR[],    -- model families that did not work
    model_status          VARCHAR,      -- `OK`, `FAILED`, `SKIPPED` or `UNKNOWN`
    task_type             VARCHAR,      -- the task, as `BINARY_CLASSIFICATION` or `REGRESSION`
    metric_name           VARCHAR,      -- what the score measures
    evidence_as_of        TIMESTAMPTZ,  -- up to when the data behind it reaches
    git_commit            VARCHAR,      -- the code that made it
    null_score            DOUBLE        -- the score of the same fit on labels moved in time: what chance alone reaches
);
