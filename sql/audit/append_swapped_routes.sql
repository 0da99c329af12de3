INSERT INTO swapped_routes
SELECT $cause, $direction, f.target, f.symbol, d.route
FROM flips AS f
LEFT JOIN decisions AS d ON d.target = f.target AND d.symbol IS NOT DISTINCT FROM f.symbol;
