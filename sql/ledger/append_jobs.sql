-- The rows are staged with their positions; where they lie in the file, the threads that write it decide.
INSERT INTO lake.jobs
SELECT $commit_id, $position + ordinal, $run_id, $plan_id, *
FROM jobs;
