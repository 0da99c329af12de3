-- The map of a run, a row for each target, by name: the letters of its pairs' routes, and of those in another run, in the order of
-- the run's symbols. A space is a pair without a decision, a dot one that does not fit the filter. With the targets' own sides.
-- makes: rows
-- reads: candidates, decisions, run_pairs(), $cause, $commit_id, $flipped, $horizon, $letters, $other_id, $route, $rule, $state, $symbol, $target
WITH letters AS (
    SELECT unnest(map_keys($letters::MAP(VARCHAR, VARCHAR))) AS route, unnest(map_values($letters::MAP(VARCHAR, VARCHAR))) AS letter
),
pairs AS MATERIALIZED (
    FROM run_pairs($commit_id, $other_id, $target, $symbol, $route, $rule, $state, $flipped, $cause, $horizon)
),
symbols AS (
    SELECT DISTINCT symbol FROM pairs
),
sides AS (
    SELECT d.target, d.route,
           (SELECT arg_min(c.score, c."position") FROM candidates AS c
            WHERE c.commit_id = $commit_id AND c.target = d.target AND c.mode = 'CROSS_SECTIONAL') AS score
    FROM decisions AS d
    WHERE d.commit_id = $commit_id AND d.symbol IS NULL
),
cells AS (
    SELECT t.target, s.symbol, p.target IS NOT NULL AS decided, p.fits, p.flipped,
           coalesce(l.letter, '?') AS letter, coalesce(o.letter, CASE WHEN p.previous_route IS NULL THEN ' ' ELSE '?' END) AS other
    FROM (SELECT DISTINCT target FROM decisions WHERE commit_id = $commit_id) AS t
    CROSS JOIN symbols AS s
    LEFT JOIN pairs AS p ON p.target = t.target AND p.symbol = s.symbol
    LEFT JOIN letters AS l ON l.route = p.route
    LEFT JOIN letters AS o ON o.route = p.previous_route
)
SELECT c.target, d.route AS side, d.score,
       string_agg(CASE WHEN NOT decided THEN ' ' WHEN fits THEN letter ELSE '.' END, '' ORDER BY symbol) AS routes,
       string_agg(CASE WHEN decided AND fits THEN other ELSE ' ' END, '' ORDER BY symbol) AS previous,
       count(*) FILTER (decided AND fits) AS fitting,
       count(*) FILTER (decided AND fits AND flipped) AS flips
FROM cells AS c
LEFT JOIN sides AS d ON d.target = c.target
GROUP BY c.target, d.route, d.score
ORDER BY c.target;
