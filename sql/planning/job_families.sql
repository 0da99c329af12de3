-- The families that the policy's own rules give a job; jobs that no rule matches are not here.
CREATE OR REPLACE TEMP TABLE job_families AS
WITH target_rules AS (
    SELECT r.ordinal, names.target
    FROM (SELECT DISTINCT target FROM trainable) AS names
    JOIN family_rules AS r ON r.target IS NULL OR regexp_full_match(names.target, pattern_regex(r.target))
),
symbol_rules AS (
    SELECT r.ordinal, names.symbol
    FROM (SELECT DISTINCT symbol FROM trainable) AS names
    JOIN family_rules AS r ON r.symbol IS NULL OR coalesce(regexp_full_match(names.symbol, pattern_regex(r.symbol)), false)
)
SELECT t."position", arg_min(r.families, r.ordinal) AS families
FROM trainable AS t
JOIN signal_states AS s
    ON s.target = t.target AND s.symbol IS NOT DISTINCT FROM t.symbol
JOIN target_rules AS a
    ON a.target = t.target
JOIN symbol_rules AS b
    ON b.symbol IS NOT DISTINCT FROM t.symbol AND b.ordinal = a.ordinal
JOIN family_rules AS r
    ON r.ordinal = a.ordinal
    AND coalesce(r.route = t.route, true)
    AND coalesce(r.task = s.task, true)
    AND coalesce(r.priority = t.priority, true)
WHERE t.training_type <> 'blocked'
GROUP BY t."position";
