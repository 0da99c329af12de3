-- One row is a run: one pass from candidates over decisions to a plan.
CREATE TABLE lake.runs (
    commit_id   BIGINT,
    "position"  INTEGER,
    run_id      VARCHAR,
    started_at  TIMESTAMPTZ,
    git_commit  VARCHAR,
    config_hash VARCHAR,
    evidence_id VARCHAR,
    policy_id   VARCHAR,
    rules_id    VARCHAR,
    plan_id     VARCHAR,
    settings    STRUCT(
        metrics_snapshot VARCHAR,
        model_families   VARCHAR[],
        include_blocked  BOOLEAN
    )
);
