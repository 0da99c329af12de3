-- What the jobs on the targets and symbols of this training were trained from so far, in any plan: the artifacts with their
-- inputs.
-- makes: rows
-- reads: lake.artifacts, lake.jobs, trainable_jobs
SELECT DISTINCT j.target, j.symbol, a.digest
FROM lake.artifacts AS a
JOIN lake.jobs AS j ON a.belongs_to = j.plan_id || '/' || j.job_id
SEMI JOIN trainable_jobs AS t ON t.target = j.target AND t.symbol IS NOT DISTINCT FROM j.symbol
WHERE a.name = 'inputs'
ORDER BY j.target, j.symbol, a.digest;
