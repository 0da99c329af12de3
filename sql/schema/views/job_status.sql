-- One row is a change of a job's status.
-- lake.job_status.*
CREATE OR REPLACE VIEW job_status AS FROM lake.job_status WHERE commit_id <= as_of();
