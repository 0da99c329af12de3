-- job_status, as of the commit that this session shows.
CREATE OR REPLACE TEMP VIEW job_status AS FROM lake.job_status WHERE commit_id <= as_of();
