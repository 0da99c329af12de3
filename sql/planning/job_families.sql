-- The families that the policy's own rules give a job; jobs that no rule matches are not here. A policy without such
-- rules, as most are, reads no decisions: each side is first crossed with whether there is any rule.
-- makes: table job_families
-- reads: family_rules, side_evidence, trainable, pattern_regex()
CREATE OR REPLACE TEMP TABLE job_families AS
WITH any_rule AS MATERIALIZED (FROM family_rules LIMIT 1),
target_rules AS MATERIALIZED (
    SELECT r.ordinal, names.target
    FROM (SELECT DISTINCT d.target FROM trainable AS d, any_rule) AS names
    JOIN family_rules AS r ON r.target IS NULL OR regexp_full_match(names.target, pattern_regex(r.target))
),
symbol_rules AS MATERIALIZED (
    SELECT r.ordinal, names.symbol
    FROM (SELECT DISTINCT d.symbol FROM trainable AS d, any_rule) AS names
    JOIN family_rules AS r ON r.symbol IS NULL OR coalesce(regexp_full_match(names.symbol, pattern_regex(r.symbol)), false)
),
matches AS MATERIALIZED (
    SELECT t."position", t.target, t.symbol, r.ordinal, r.task, r.families
    FROM (SELECT t.* FROM trainable AS t, any_rule) AS t
    JOIN target_rules AS a ON a.target = t.target
    JOIN symbol_rules AS b ON b.symbol IS NOT DISTINCT FROM t.symbol AND b.ordinal = a.ordinal
    JOIN family_rules AS r
        ON r.ordinal = a.ordinal
        AND coalesce(r.route = t.route, true)
        AND coalesce(r.priority = t.priority, true)
    WHERE t.training_type <> 'blocked'
)
SELECT m."position", arg_min(m.families, m.ordinal) AS families
FROM side_evidence AS s
JOIN matches AS m
    ON m.target = s.target AND m.symbol IS NOT DISTINCT FROM s.symbol
    AND coalesce(m.task = s.task, true)
GROUP BY m."position";
