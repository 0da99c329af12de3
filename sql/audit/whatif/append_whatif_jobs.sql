-- The jobs of one run that another policy adds or removes.
-- appends to: whatif_jobs
-- reads: jobs, recorded_jobs, $commit_id, $run_id
INSERT INTO whatif_jobs
SELECT $run_id, $commit_id, CASE WHEN r.job_id IS NULL THEN 'added' ELSE 'removed' END,
       coalesce(j.job_id, r.job_id), coalesce(j.target, r.target), coalesce(j.symbol, r.symbol), coalesce(j.route, r.route)
FROM recorded_jobs AS r
FULL JOIN jobs AS j USING (job_id)
WHERE r.job_id IS NULL OR j.job_id IS NULL;
