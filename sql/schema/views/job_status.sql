-- One row is a change of a job's status.
-- lake.job_status.*
-- makes: view job_status
-- reads: lake.job_status, as_of()
CREATE OR REPLACE VIEW job_status AS FROM lake.job_status WHERE commit_id <= as_of();
