-- What one swap comes to, for each cause and direction that it answers: what was decided again, and elsewhere what the run
-- recorded that the swap leaves as it was.
INSERT INTO swapped_routes
WITH again AS MATERIALIZED (
    SELECT f.target, f.symbol,
           CASE WHEN m.target IS NOT NULL THEN d.route WHEN $recorded = 'a' THEN f.route_a ELSE f.route_b END AS route
    FROM flips AS f
    LEFT JOIN moved_targets AS m ON m.target = f.target
    LEFT JOIN ordered_decisions AS d ON d.target = f.target AND d.symbol IS NOT DISTINCT FROM f.symbol
)
SELECT answers.cause, answers.direction, again.target, again.symbol, again.route
FROM again, (SELECT unnest($answers::STRUCT(cause VARCHAR, direction VARCHAR)[], recursive := true)) AS answers;
