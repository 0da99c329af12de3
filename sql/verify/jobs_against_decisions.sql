-- Where the jobs of a commit's plan contradict its decisions: a job that no decision allows, a decision to train that no job
-- carries out; the budget leaves out the jobs of as many decisions as the plan says.
-- makes: rows
-- reads: checked_decisions, checked_jobs, checked_plans
WITH found AS MATERIALIZED (
    SELECT coalesce(j.commit_id, d.commit_id) AS commit_id,
           CASE WHEN j.target IS NULL THEN 'a decision without its job' ELSE 'a job without its decision' END AS problem,
           coalesce(j.target, d.target) AS target, coalesce(j.symbol, d.symbol) AS symbol,
           d.route AS decided, j.job_id, j.route AS planned
    FROM checked_decisions AS d
    FULL JOIN checked_jobs AS j
        ON j.commit_id = d.commit_id AND j.target = d.target AND j.symbol IS NOT DISTINCT FROM d.symbol
    WHERE CASE
        WHEN j.target IS NULL THEN d.route IN ('ENABLED', 'ROUTE_BOTH', 'ROUTE_SYMBOL_SPECIFIC', 'ROUTE_EXPERIMENTAL_ONLY')
        ELSE j.is_fallback IS NOT TRUE
            AND NOT coalesce(d.route = CASE WHEN j.symbol IS NULL THEN 'ENABLED' ELSE j.route END, false)
    END
),
without_job AS (
    SELECT commit_id, count(*) AS decisions FROM found WHERE job_id IS NULL GROUP BY commit_id
)
SELECT f.*
FROM found AS f
JOIN checked_plans AS p USING (commit_id)
LEFT JOIN without_job AS w USING (commit_id)
WHERE f.job_id IS NOT NULL OR w.decisions <> p.jobs_left_out
ORDER BY commit_id, target, symbol NULLS FIRST;
