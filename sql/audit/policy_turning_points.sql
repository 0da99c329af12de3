-- Changes of a policy's thresholds to try on a decision, nearest first: those at which a check of its own sides turns, and
-- the nearest ones, so many, at which a check of another symbol does, which matters where the lane ranks them.
FROM (
    SELECT DISTINCT "key", "current", needed, distance, false AS of_others
    FROM policy_turning_points
    WHERE scenario = 0 AND target = $target AND (side = 'cross_sectional' OR symbol = $symbol)
    UNION ALL
    FROM (
        SELECT DISTINCT "key", "current", needed, distance, true
        FROM policy_turning_points
        WHERE scenario = 0 AND target = $target AND side = 'symbol' AND symbol <> $symbol
        ORDER BY distance
        LIMIT $others
    )
)
ORDER BY distance, "key", nearness("current", needed), needed, of_others;
