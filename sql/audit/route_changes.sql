-- Pairs whose route differs between two runs; a route is null where a run has no such pair.
SELECT coalesce(b.target, a.target) AS "target", coalesce(b.symbol, a.symbol) AS "symbol", a.route AS route_a, b.route AS route_b
FROM (FROM decisions WHERE commit_id = $a AND symbol IS NOT NULL) AS a
FULL JOIN (FROM decisions WHERE commit_id = $b AND symbol IS NOT NULL) AS b USING (target, symbol)
WHERE a.route IS DISTINCT FROM b.route
ORDER BY ALL;
