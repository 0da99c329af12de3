-- Changes of evidence to try on the decisions of the map, nearest first: each of one side, a target's (symbol null) for all its
-- pairs.
-- makes: rows
-- reads: report_symbols, report_targets, turning_points, nearness()
SELECT t.place AS target_place, p.symbol, p.side, p.metric, p.observed, p.needed, p.distance
FROM turning_points AS p
JOIN report_targets AS t USING (target)
WHERE p.symbol IS NULL OR p.symbol IN (SELECT symbol FROM report_symbols)
ORDER BY p.distance, p.side DESC, p.metric, nearness(p.observed, p.needed), p.needed;
