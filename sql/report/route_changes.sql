-- The number of pairs by their routes in both runs, most first; a route is null where a run has no such pair.
-- makes: rows
-- reads: report_flips
SELECT route_a, route_b, count(*) AS pairs
FROM report_flips
WHERE symbol IS NOT NULL
GROUP BY ALL
ORDER BY pairs DESC, route_a, route_b;
