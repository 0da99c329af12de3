-- How many pairs took each route in the decisions that were just made, most first.
-- makes: rows
-- reads: decisions
SELECT route, count(*) AS pairs
FROM decisions
WHERE symbol IS NOT NULL
GROUP BY route
ORDER BY pairs DESC, route;
