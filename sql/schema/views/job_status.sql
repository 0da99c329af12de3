-- One row is a change of a job's status.
-- lake.job_status.*
-- error: why it failed
-- left_out: the parts that a job that succeeded left out, such as families that could not be used
-- makes: view job_status
-- reads: lake.job_status, as_of()
CREATE OR REPLACE VIEW job_status AS
SELECT * REPLACE (CASE WHEN status <> 'succeeded' THEN error END AS error),
       CASE WHEN status = 'succeeded' THEN error END AS left_out
FROM lake.job_status
WHERE commit_id <= as_of();
