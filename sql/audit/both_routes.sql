-- How many pairs took each route in two runs.
SELECT route, count(*) FILTER (commit_id = $a) AS in_a, count(*) FILTER (commit_id = $b) AS in_b
FROM decisions
WHERE commit_id IN ($a, $b) AND symbol IS NOT NULL
GROUP BY route
ORDER BY route;
