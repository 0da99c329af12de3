-- The number of pairs by route in two runs.
-- makes: rows
-- reads: decisions, $a, $b
WITH counted AS (
    SELECT route, commit_id, count(symbol) AS pairs FROM decisions WHERE commit_id IN ($a, $b) GROUP BY route, commit_id
)
SELECT route,
       coalesce(any_value(pairs) FILTER (commit_id = $a), 0) AS in_a,
       coalesce(any_value(pairs) FILTER (commit_id = $b), 0) AS in_b
FROM counted
WHERE pairs > 0
GROUP BY route
ORDER BY route;
