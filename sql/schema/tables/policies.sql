-- One row is a policy adopted for the first time.
-- makes: table lake.policies
-- reads: nothing
CREATE TABLE lake.policies (
    commit_id  BIGINT,   -- the commit that recorded it
    "position" INTEGER,  -- its place in the commit, from 1
    run_id     VARCHAR,  -- the run that adopted it
    policy_id  VARCHAR,  -- digest of its canonical document
    name       VARCHAR,  -- the name that the file or the caller gave it
    document   JSON      -- the whole policy
);
