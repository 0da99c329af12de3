-- The number of pairs of each target by their routes in two runs; a route is null where a run has no such pair.
-- makes: rows
-- reads: decisions, $a, $b
SELECT coalesce(b.target, a.target) AS "target", a.route AS route_a, b.route AS route_b, count(*) AS symbols
FROM (FROM decisions WHERE commit_id = $a AND symbol IS NOT NULL) AS a
FULL JOIN (FROM decisions WHERE commit_id = $b AND symbol IS NOT NULL) AS b USING (target, symbol)
WHERE a.route IS DISTINCT FROM b.route
GROUP BY ALL
ORDER BY ALL;
