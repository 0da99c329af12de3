-- One row for each decision that yields a job, before jobs have ids, families and an order.
-- makes: view trainable
-- reads: decisions, policy_settings, scenarios
CREATE OR REPLACE TEMP VIEW trainable AS
SELECT
    d."position", d.target, d.symbol, d.rule,
    CASE
        WHEN d.symbol IS NOT NULL                                                  THEN d.route
        WHEN p.strict AND d.cs_state = 'EXPERIMENTAL' AND d.override_id IS NULL THEN 'ROUTE_EXPERIMENTAL_ONLY'
        ELSE 'ROUTE_CROSS_SECTIONAL'
    END AS route,
    CASE
        WHEN d.symbol IS NULL          THEN 'cross_sectional'
        WHEN d.route = 'ROUTE_BLOCKED' THEN 'blocked'
        ELSE 'symbol_specific'
    END AS training_type,
    CASE
        WHEN d.symbol IS NULL AND p.strict AND d.cs_state = 'EXPERIMENTAL' AND d.override_id IS NULL THEN 1
        WHEN d.symbol IS NULL                                              THEN 2
        WHEN d.route = 'ROUTE_BOTH'                                        THEN 3
        WHEN d.route = 'ROUTE_SYMBOL_SPECIFIC'                             THEN 2
        WHEN d.route = 'ROUTE_EXPERIMENTAL_ONLY'                           THEN 1
        ELSE 0
    END AS priority,
    array_to_string(d.reasons, '; ') AS reason,
    CASE WHEN d.symbol IS NULL THEN d.cs_stability ELSE d.cs_state END AS cs_state,
    d.local_state
FROM decisions AS d, policy_settings AS p, scenarios AS q
WHERE d.route IN ('ENABLED', 'ROUTE_BOTH', 'ROUTE_SYMBOL_SPECIFIC', 'ROUTE_EXPERIMENTAL_ONLY')
   OR (d.route = 'ROUTE_BLOCKED' AND q.include_blocked);
