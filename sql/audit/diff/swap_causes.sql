-- What caused each flip: what the later run would not have come to its route without, and what alone takes the earlier run
-- there. Where nothing does by itself, it was all that differs together. A pair that only one run knows is evidence.
-- makes: rows
-- reads: flips, swapped_routes
WITH tried AS (
    SELECT f.target, f.symbol, s.cause,
           bool_or(CASE s.direction WHEN 'without' THEN s.route IS DISTINCT FROM f.route_b ELSE s.route = f.route_b END) AS guilty
    FROM flips AS f
    JOIN swapped_routes AS s ON s.target = f.target AND s.symbol IS NOT DISTINCT FROM f.symbol
    WHERE f.route_a IS NOT NULL AND f.route_b IS NOT NULL
    GROUP BY ALL
)
SELECT target, symbol, coalesce(list(cause ORDER BY cause) FILTER (guilty), list(cause ORDER BY cause)) AS causes
FROM tried
GROUP BY target, symbol
UNION ALL
SELECT target, symbol, ['evidence'] FROM flips WHERE route_a IS NULL OR route_b IS NULL;
