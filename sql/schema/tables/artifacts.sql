-- One row is a file stored under its digest; belongs_to names the run, plan or job that it is part of.
-- makes: table lake.artifacts
-- reads: nothing
CREATE TABLE lake.artifacts (
    commit_id  BIGINT,   -- the commit that recorded it
    "position" INTEGER,  -- its place in the commit, from 1
    run_id     VARCHAR,  -- the run that it was first stored for
    digest     VARCHAR,  -- digest of its content, in hexadecimal, which names its file
    media_type VARCHAR,  -- what kind of file it is, such as `application/json`
    size       BIGINT,   -- its length in bytes
    name       VARCHAR,  -- `policy`, `rules`, `plan`, or the name of a model
    belongs_to VARCHAR   -- the run or job that it is part of
);
