-- How many fits, families of jobs, plan b has and plan a has not, and the other way round.
-- makes: rows
-- reads: changed_jobs, jobs, $a, $b
WITH fits AS NOT MATERIALIZED (
    SELECT plan_id, job_id, unnest(model_families) AS family FROM jobs SEMI JOIN changed_jobs USING (job_id)
)
SELECT count(*) FILTER (a.job_id IS NULL) AS fits_added, count(*) FILTER (b.job_id IS NULL) AS fits_removed
FROM (FROM fits WHERE plan_id = $a) AS a
FULL JOIN (FROM fits WHERE plan_id = $b) AS b ON a.job_id = b.job_id AND a.family = b.family;
