-- One row is a plan, recorded when it is first arrived at.
-- lake.plans.*
-- makes: view plans
-- reads: lake.plans, as_of()
CREATE OR REPLACE VIEW plans AS FROM lake.plans WHERE commit_id <= as_of();
