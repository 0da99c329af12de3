-- One row is a file kept under its SHA-256; belongs_to says what it is part of.
CREATE TABLE lake.artifacts (
    commit_id  BIGINT,
    "position" INTEGER,
    run_id     VARCHAR,
    digest     VARCHAR,
    media_type VARCHAR,
    size       BIGINT,
    name       VARCHAR,
    belongs_to VARCHAR
);
