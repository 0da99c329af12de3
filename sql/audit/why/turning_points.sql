-- Changes of evidence to try on a decision, nearest first. Distances are rounded: of equal ones of a metric, the value nearer
-- to the observed one comes first.
-- makes: rows
-- reads: turning_points, nearness(), $symbol, $target
SELECT side, metric, observed, needed, distance
FROM turning_points
WHERE scenario = 0 AND target = $target AND (side = 'cross_sectional' OR symbol = $symbol)
ORDER BY distance, side DESC, metric, nearness(observed, needed), needed;
