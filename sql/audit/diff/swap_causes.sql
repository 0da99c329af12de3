-- The causes of each flip: the inputs without which the later run has another route, and those that alone give the earlier
-- run the later route. Where no single input does, all that differ are causes. For a pair of only one run it is evidence.
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
