-- Changes of the policy's thresholds to try on the decisions of the map, nearest first: each for one side, a target's (symbol
-- null) for all its pairs.
-- makes: rows
-- reads: policy_turning_points, report_symbols, report_targets, nearness()
FROM (
    SELECT DISTINCT t.place AS target_place, p.symbol, p."key", p."current", p.needed, p.distance
    FROM policy_turning_points AS p
    JOIN report_targets AS t USING (target)
    WHERE p.symbol IS NULL OR p.symbol IN (SELECT symbol FROM report_symbols)
)
ORDER BY distance, "key", nearness("current", needed), needed;
