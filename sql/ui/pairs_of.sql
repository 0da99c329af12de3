-- The pairs of one target, or of one symbol, in a run, by name, each with its route in the run before, and both scores.
-- makes: rows
-- reads: candidates, decisions, $commit_id, $limit, $previous_id, $symbol, $target
WITH evidence AS (
    SELECT target, CASE WHEN mode <> 'CROSS_SECTIONAL' THEN symbol END AS symbol, arg_min(score, "position") AS score
    FROM candidates
    WHERE commit_id = $commit_id AND coalesce(target = $target, true) AND (symbol IS NULL OR coalesce(symbol = $symbol, true))
    GROUP BY ALL
)
SELECT d.target, d.symbol, d.route, d."rule", d.cs_state, d.local_state, b.route AS previous_route,
       $previous_id IS NOT NULL AND d.route IS DISTINCT FROM b.route AS flipped, s.score, c.score AS cs_score, count(*) OVER () AS total
FROM decisions AS d
LEFT JOIN (FROM decisions WHERE commit_id = $previous_id) AS b ON b.target = d.target AND b.symbol = d.symbol
LEFT JOIN (FROM evidence WHERE symbol IS NOT NULL) AS s ON s.target = d.target AND s.symbol = d.symbol
LEFT JOIN (FROM evidence WHERE symbol IS NULL) AS c ON c.target = d.target
WHERE d.commit_id = $commit_id AND d.symbol IS NOT NULL AND coalesce(d.target = $target, true) AND coalesce(d.symbol = $symbol, true)
ORDER BY d.target, d.symbol
LIMIT $limit;
