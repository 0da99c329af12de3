INSERT INTO lake.jobs
SELECT $commit_id, $position + ordinal, $run_id, $plan_id, *
FROM jobs
ORDER BY ordinal;
