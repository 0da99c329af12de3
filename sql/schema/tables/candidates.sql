-- One row is a candidate: the evidence of a target (symbol null) or of a pair.
CREATE TABLE lake.candidates (
    commit_id             BIGINT,
    "position"            INTEGER,
    run_id                VARCHAR,
    target                VARCHAR,
    symbol                VARCHAR,
    mode                  VARCHAR,
    score                 DOUBLE,
    score_ci_low          DOUBLE,
    score_ci_high         DOUBLE,
    stability             VARCHAR,
    stability_metrics     STRUCT(mean_overlap DOUBLE, std_overlap DOUBLE, mean_tau DOUBLE, std_tau DOUBLE),
    stability_snapshots   BIGINT,
    sample_size           BIGINT,
    leakage_status        VARCHAR,
    feature_set_id        VARCHAR,
    failed_model_families VARCHAR[],
    model_status          VARCHAR,
    task_type             VARCHAR,
    metric_name           VARCHAR,
    evidence_as_of        TIMESTAMPTZ,
    git_commit            VARCHAR
);
