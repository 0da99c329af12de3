-- The rows are staged in plan order, and the database keeps the order of what it copies.
INSERT INTO lake.jobs
SELECT $commit_id, $position + ordinal, $run_id, $plan_id, *
FROM jobs;
