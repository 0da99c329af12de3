-- The route of each flip under each counterfactual, for each cause and direction that it tests: decided again for its targets,
-- recorded by a run for the others.
-- appends to: swapped_routes
-- reads: flips, ordered_decisions, swap_answers, swapped_targets
INSERT INTO swapped_routes
WITH swaps AS (
    SELECT DISTINCT scenario, recorded FROM swap_answers
),
again AS MATERIALIZED (
    SELECT w.scenario, f.target, f.symbol,
           CASE WHEN s.target IS NOT NULL THEN d.route WHEN w.recorded = 'a' THEN f.route_a ELSE f.route_b END AS route
    FROM flips AS f
    CROSS JOIN swaps AS w
    LEFT JOIN swapped_targets AS s ON s.scenario = w.scenario AND s.target = f.target
    LEFT JOIN ordered_decisions AS d
        ON d.scenario = w.scenario AND d.target = f.target AND d.symbol IS NOT DISTINCT FROM f.symbol
)
SELECT q.cause, q.direction, r.target, r.symbol, r.route FROM again AS r JOIN swap_answers AS q USING (scenario);
