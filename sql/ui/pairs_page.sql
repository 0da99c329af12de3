-- A page of the pairs of a run that fit a filter, in an order, each with the number of all that fit.
-- makes: rows
-- reads: run_pairs(), $cause, $commit_id, $flipped, $horizon, $limit, $offset, $order, $other_id, $route, $rule, $state, $symbol, $target
SELECT target, symbol, route, "rule", cs_state, local_state, previous_route, score, flipped, count(*) OVER () AS total
FROM run_pairs($commit_id, $other_id, $target, $symbol, $route, $rule, $state, $flipped, $cause, $horizon)
WHERE fits
ORDER BY CASE $order WHEN 'flips' THEN flipped END DESC,
         CASE $order WHEN 'highest' THEN score END DESC NULLS LAST,
         CASE $order WHEN 'lowest' THEN score END NULLS LAST,
         CASE $order WHEN 'route' THEN route WHEN 'symbol' THEN symbol END,
         target, symbol
LIMIT $limit OFFSET $offset;
