-- The jobs of a plan that a call trains, in plan order, each with its status: those of the named targets, symbols,
-- families and priorities (an empty list selects all), and the cross-sectional jobs of models that they combine with.
-- makes: rows
-- reads: jobs_with_status, $families, $plan_id, $priorities, $symbols, $targets
WITH planned AS MATERIALIZED (
    SELECT * FROM jobs_with_status WHERE plan_id = $plan_id AND training_type <> 'blocked'
),
selected AS (
    SELECT *
    FROM planned
    WHERE (len($targets::VARCHAR[]) = 0 OR list_contains($targets::VARCHAR[], target))
      AND (len($symbols::VARCHAR[]) = 0 OR coalesce(list_contains($symbols::VARCHAR[], symbol), false))
      AND (len($families::VARCHAR[]) = 0 OR list_has_any($families::VARCHAR[], model_families))
      AND (len($priorities::VARCHAR[]) = 0 OR list_contains($priorities::VARCHAR[], priority::VARCHAR))
),
needed AS (
    SELECT p.target, min(p.ordinal) AS ordinal
    FROM planned AS p
    JOIN selected AS s USING (target)
    WHERE p.training_type = 'cross_sectional' AND s.metadata.needs_cs_ensemble
    GROUP BY p.target
)
SELECT ordinal, job_id, target, symbol, route, training_type, model_families, priority, status
FROM planned AS p
WHERE p.ordinal IN (SELECT ordinal FROM selected) OR p.ordinal IN (SELECT ordinal FROM needed)
ORDER BY p.ordinal;
