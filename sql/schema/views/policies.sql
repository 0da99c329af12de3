-- One row is a policy, recorded when it is first adopted.
-- lake.policies.*
CREATE OR REPLACE VIEW policies AS FROM lake.policies WHERE commit_id <= as_of();
