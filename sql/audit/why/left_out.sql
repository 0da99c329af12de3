-- Those decisions of a pair, or (symbol null) of a target, that the plan has no job for, because the budget leaves it out. A pair
-- that is trained in the cross-sectional model has the decision of its target as well.
-- makes: rows
-- reads: decisions, jobs, plans, $commit_id, $plan_id, $symbol, $target
SELECT d.symbol, p.metadata->'$.budget' AS budget
FROM decisions AS d
JOIN plans AS p ON p.plan_id = $plan_id AND (p.metadata->>'$.budget.jobs_left_out')::BIGINT > 0
WHERE d.commit_id = $commit_id AND d.target = $target
  AND (d.symbol IS NOT DISTINCT FROM $symbol
       OR (d.symbol IS NULL AND EXISTS (
           FROM decisions AS o
           WHERE o.commit_id = $commit_id AND o.target = $target AND o.symbol = $symbol
             AND o.route IN ('ROUTE_CROSS_SECTIONAL', 'ROUTE_BOTH'))))
  AND d.route IN ('ENABLED', 'ROUTE_BOTH', 'ROUTE_SYMBOL_SPECIFIC', 'ROUTE_EXPERIMENTAL_ONLY')
  AND NOT EXISTS (
      FROM jobs AS j WHERE j.plan_id = $plan_id AND j.target = $target AND j.symbol IS NOT DISTINCT FROM d.symbol)
ORDER BY d.symbol NULLS LAST;
