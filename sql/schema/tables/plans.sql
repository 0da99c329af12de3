-- One row is a plan published; artifact is the digest of its canonical document.
CREATE TABLE lake.plans (
    commit_id    BIGINT,
    "position"   INTEGER,
    run_id       VARCHAR,
    plan_id      VARCHAR,
    generated_at TIMESTAMPTZ,
    metadata     JSON,
    summary      JSON,
    artifact     VARCHAR
);
