-- One row is a policy, recorded when it is first adopted.
-- lake.policies.*
-- makes: view policies
-- reads: lake.policies, as_of()
CREATE OR REPLACE VIEW policies AS FROM lake.policies WHERE commit_id <= as_of();
