-- Overrides that switch a target's cross-sectional side: a pin of the target itself, or, before it, the first pin of a
-- pair that needs the pooled model. A pin of a pair without evidence decides nothing.
-- example: scenario_overrides: {target: b, route: ROUTE_BOTH, author: ann, reason: r}
-- example: → {target: b, route: ENABLED, text: "Override ROUTE_BOTH by ann: r"}
-- makes: table cs_overrides
-- reads: scenario_evidence, scenario_overrides, override_text()
CREATE OR REPLACE TEMP TABLE cs_overrides AS
WITH pinned AS NOT MATERIALIZED (
    SELECT scenario, target, symbol, 'SYMBOL_SPECIFIC' AS mode FROM scenario_overrides WHERE symbol IS NOT NULL
),
-- without pins, which is usual, no evidence is read; a filter on its mode would read it before
evident AS MATERIALIZED (
    SELECT scenario, target, symbol FROM scenario_evidence SEMI JOIN pinned USING (scenario, target, symbol, mode)
)
SELECT
    target, override_id,
    CASE WHEN route IN ('ROUTE_CROSS_SECTIONAL', 'ROUTE_BOTH') THEN 'ENABLED' ELSE 'DISABLED' END AS route,
    concat(override_text(route, author, reason, expires_at), ' on ' || symbol) AS text,
    scenario
FROM scenario_overrides
WHERE symbol IS NULL
   OR (route IN ('ROUTE_CROSS_SECTIONAL', 'ROUTE_BOTH') AND (scenario, target, symbol) IN (FROM evident))
QUALIFY row_number() OVER (
    PARTITION BY scenario, target
    ORDER BY route IN ('ROUTE_CROSS_SECTIONAL', 'ROUTE_BOTH') DESC, symbol NULLS FIRST
) = 1;
