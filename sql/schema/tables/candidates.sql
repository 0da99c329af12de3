-- One row is a candidate: the evidence of a target (symbol null) or of a pair.
-- makes: table lake.candidates
-- reads: nothing
CREATE TABLE lake.candidates (
    commit_id             BIGINT,       -- the commit that recorded it
    "position"            INTEGER,      -- its place in the commit, from 1
    run_id                VARCHAR,      -- the run it was evidence for
    target                VARCHAR,      -- the target, a name of at most 1,000 characters
    symbol                VARCHAR,      -- the symbol; null: evidence over all symbols
    mode                  VARCHAR,      -- `CROSS_SECTIONAL` or `SYMBOL_SPECIFIC` (older files: `SYMBOL`)
    score                 DOUBLE,       -- AUC or R² out of sample; null where there is none
    score_ci_low          DOUBLE,       -- lower end of the score's confidence interval
    score_ci_high         DOUBLE,       -- upper end of it
    stability             VARCHAR,      -- `STABLE`, `DRIFTING`, `DIVERGED` or `UNKNOWN`, as it was given
    stability_metrics     STRUCT(       -- the four metrics by which a stability that is `UNKNOWN` is classified
        mean_overlap DOUBLE,
        std_overlap  DOUBLE,
        mean_tau     DOUBLE,
        std_tau      DOUBLE
    ),
    stability_snapshots   BIGINT,       -- how many snapshots those metrics rest on; fewer than `min_snapshots_for_stability` classify nothing
    sample_size           BIGINT,       -- rows that the evidence rests on
    leakage_status        VARCHAR,      -- `SAFE`, `SUSPECT`, `BLOCKED` or `UNKNOWN`
    feature_set_id        VARCHAR,      -- the features that it was made with
    failed_model_families VARCHAR[],    -- model families that did not work
    model_status          VARCHAR,      -- `OK`, `FAILED`, `SKIPPED` or `UNKNOWN`
    task_type             VARCHAR,      -- the task, as `BINARY_CLASSIFICATION` or `REGRESSION`; without one it is the task of `metric_name`
    metric_name           VARCHAR,      -- the metric of the score, as `auc`, `roc_auc` or `r2`
    evidence_as_of        TIMESTAMPTZ,  -- the end of the data behind it, UTC where no zone is given (older files: `timestamp`)
    git_commit            VARCHAR,      -- the code that made it
    null_score            DOUBLE,       -- the score of the same predictions on time-shifted labels: the score of a model that has learned nothing
    null_sd               DOUBLE,       -- the standard deviation of such scores over all shifts
    p_value               DOUBLE,       -- the probability that chance scores as high, from 0 to 1
    effective_samples     DOUBLE,       -- how many of the rows' timestamps are independent of one another
    q_value               DOUBLE,       -- the least rate of false discoveries at which `p_value` is a discovery among the run's sides of the same mode, by Benjamini and Hochberg
    q_value_by            DOUBLE,       -- the same by Benjamini and Yekutieli, which holds under any dependence
    q_value_over_trials   DOUBLE,       -- `q_value` among the sides of this run and of all earlier ones; null where the policy counts no trials
    q_value_by_over_trials DOUBLE,      -- `q_value_by` among the same sides
    shrunken_score        DOUBLE        -- the score, moved towards the mean of its target's symbols by the share of chance in their differences; that of a cross-sectional side is its score
);
