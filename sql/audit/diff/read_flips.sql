-- The flips between two runs with their causes, by target and symbol.
-- makes: rows
-- reads: flip_causes, flips
SELECT f.target, f.symbol, f.route_a, f.route_b, coalesce(c.causes, []) AS causes
FROM flips AS f
LEFT JOIN flip_causes AS c ON c.target = f.target AND c.symbol IS NOT DISTINCT FROM f.symbol
ORDER BY f.target, f.symbol NULLS FIRST;
