-- How many pairs took each route in a run, most first.
-- makes: rows
-- reads: decisions, $commit_id
SELECT route, count(*) AS pairs
FROM decisions
WHERE commit_id = $commit_id AND symbol IS NOT NULL
GROUP BY route
ORDER BY pairs DESC, route;
