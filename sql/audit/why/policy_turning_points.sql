-- Changes of policy keys to try on a decision, nearest first: those that flip a check of its own sides and, because the lane
-- ranks symbols, the nearest $others that flip a check of another symbol.
-- makes: rows
-- reads: policy_turning_points, nearness(), $others, $symbol, $target
WITH points AS MATERIALIZED (
    SELECT DISTINCT "key", "current", needed, distance, side = 'symbol' AND symbol <> $symbol AS of_others
    FROM policy_turning_points
    WHERE scenario = 0 AND target = $target AND (side = 'cross_sectional' OR $symbol IS NOT NULL)
)
FROM (
    FROM points WHERE NOT of_others
    UNION ALL
    FROM (FROM points WHERE of_others ORDER BY distance LIMIT $others)
)
ORDER BY distance, "key", nearness("current", needed), needed, of_others;
