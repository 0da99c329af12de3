-- One row is a job of a plan, recorded when the plan is first arrived at.
-- lake.jobs.*
-- makes: view jobs
-- reads: lake.jobs, as_of()
CREATE OR REPLACE VIEW jobs AS FROM lake.jobs WHERE commit_id <= as_of();
