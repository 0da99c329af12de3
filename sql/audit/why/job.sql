-- The jobs of a decision; a pair that is trained in the cross-sectional model has its target's job.
-- makes: rows
-- reads: jobs, $plan_id, $route, $symbol, $target
SELECT job_id, training_type, priority, model_families
FROM jobs
WHERE plan_id = $plan_id AND target = $target
  AND (symbol IS NOT DISTINCT FROM $symbol
       OR (symbol IS NULL AND $route IN ('ROUTE_CROSS_SECTIONAL', 'ROUTE_BOTH')))
ORDER BY ordinal;
