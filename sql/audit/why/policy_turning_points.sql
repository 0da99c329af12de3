-- Changes of a policy's thresholds to try on a decision, nearest first: those at which a check of its own sides turns, and
-- the nearest ones, so many, at which a check of another symbol does, which matters where the lane ranks them.
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
