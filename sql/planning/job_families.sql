-- The families that the policy's own rules give a job; jobs that no rule matches are not here.
CREATE OR REPLACE TEMP TABLE job_families AS
SELECT t."position", arg_min(r.families, r.ordinal) AS families
FROM trainable AS t
JOIN signal_states AS s
    ON s.target = t.target AND s.symbol IS NOT DISTINCT FROM t.symbol
JOIN family_rules AS r
    ON coalesce(r.route = t.route, true)
    AND coalesce(r.task = s.task, true)
    AND coalesce(r.priority = t.priority, true)
    AND (r.target IS NULL OR t.target GLOB r.target)
    AND (r.symbol IS NULL OR coalesce(t.symbol GLOB r.symbol, false))
WHERE t.training_type <> 'blocked'
GROUP BY t."position";
