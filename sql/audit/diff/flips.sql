-- Pairs and targets (symbol null) that have another route in run b than in run a; a route is null where a run has no such
-- decision.
-- makes: table flips
-- reads: decisions, $a, $b
CREATE OR REPLACE TEMP TABLE flips AS
SELECT coalesce(b.target, a.target) AS target, coalesce(b.symbol, a.symbol) AS symbol, a.route AS route_a, b.route AS route_b
FROM (SELECT target, symbol, route FROM decisions WHERE commit_id = $a) AS a
FULL JOIN (SELECT target, symbol, route FROM decisions WHERE commit_id = $b) AS b
    ON a.target = b.target AND a.symbol IS NOT DISTINCT FROM b.symbol
WHERE a.route IS DISTINCT FROM b.route;
