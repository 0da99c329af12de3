-- The rows are staged with their positions; where they lie in the file, the threads that write it decide.
-- appends to: lake.jobs
-- reads: jobs, $commit_id, $plan_id, $position, $run_id
INSERT INTO lake.jobs
SELECT $commit_id, $position + ordinal, $run_id, $plan_id, *
FROM jobs;
