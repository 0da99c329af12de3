-- Changes of a policy's thresholds to try on a decision, nearest first.
SELECT DISTINCT "key", "current", needed, distance
FROM policy_turning_points
WHERE scenario = 0 AND target = $target AND (side = 'cross_sectional' OR symbol = $symbol)
ORDER BY distance, "key", needed;
