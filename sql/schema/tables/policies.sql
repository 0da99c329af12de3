-- One row is a policy adopted for the first time.
CREATE TABLE lake.policies (
    commit_id  BIGINT,
    "position" INTEGER,
    run_id     VARCHAR,
    policy_id  VARCHAR,
    name       VARCHAR,
    document   JSON
);
