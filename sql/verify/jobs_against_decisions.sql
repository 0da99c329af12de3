-- Where the jobs of a plan contradict its decisions: a job that no decision allows, a decision to train that no job
-- carries out; the budget leaves out the jobs of as many decisions as the plan says.
-- makes: rows
-- reads: decisions, jobs, $jobs_left_out
WITH found AS (
    SELECT CASE WHEN j.target IS NULL THEN 'a decision without its job' ELSE 'a job without its decision' END AS problem,
           coalesce(j.target, d.target) AS target, coalesce(j.symbol, d.symbol) AS symbol,
           d.route AS decided, j.job_id, j.route AS planned
    FROM decisions AS d
    FULL JOIN jobs AS j ON j.target = d.target AND j.symbol IS NOT DISTINCT FROM d.symbol
    WHERE CASE
        WHEN j.target IS NULL THEN d.route IN ('ENABLED', 'ROUTE_BOTH', 'ROUTE_SYMBOL_SPECIFIC', 'ROUTE_EXPERIMENTAL_ONLY')
        ELSE j.metadata.dev_mode_fallback IS NULL
            AND NOT coalesce(d.route = CASE WHEN j.symbol IS NULL THEN 'ENABLED' ELSE j.route END, false)
    END
)
FROM found
WHERE job_id IS NOT NULL OR (SELECT count(*) FROM found WHERE job_id IS NULL) <> $jobs_left_out
ORDER BY target, symbol NULLS FIRST;
