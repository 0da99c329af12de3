-- The number of jobs that plan b adds to plan a, removes from it and changes. Jobs are compared by their hashes, because
-- that is faster than comparing every field; `plan_diff` lists the jobs.
-- makes: rows
-- reads: jobs, $a, $b
WITH contents AS NOT MATERIALIZED (
    SELECT plan_id, job_id, hash(route, training_type, model_families, priority, estimated_samples, reason, metadata) AS content
    FROM jobs
)
SELECT CASE WHEN a.job_id IS NULL THEN 'added' WHEN b.job_id IS NULL THEN 'removed' ELSE 'changed' END AS "change", count(*)
FROM (FROM contents WHERE plan_id = $a) AS a
FULL JOIN (FROM contents WHERE plan_id = $b) AS b USING (job_id)
WHERE a.content IS DISTINCT FROM b.content
GROUP BY "change"
ORDER BY "change";
