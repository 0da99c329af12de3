-- The route that each rule gives a pair.
-- example: rule_route('BOTH_STRONG') → "ROUTE_BOTH"
-- makes: macro rule_route()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO rule_route(rule) AS
    CASE rule
        WHEN 'LOCAL_ONLY'                 THEN 'ROUTE_SYMBOL_SPECIFIC'
        WHEN 'CS_ONLY'                    THEN 'ROUTE_CROSS_SECTIONAL'
        WHEN 'BOTH_STRONG'                THEN 'ROUTE_BOTH'
        WHEN 'BOTH_STRONG_PREFER_CS'      THEN 'ROUTE_CROSS_SECTIONAL'
        WHEN 'BOTH_STRONG_PREFER_LOCAL'   THEN 'ROUTE_SYMBOL_SPECIFIC'
        WHEN 'BOTH_ELIGIBLE'              THEN 'ROUTE_BOTH'
        WHEN 'BOTH_ELIGIBLE_PREFER_CS'    THEN 'ROUTE_CROSS_SECTIONAL'
        WHEN 'BOTH_ELIGIBLE_PREFER_LOCAL' THEN 'ROUTE_SYMBOL_SPECIFIC'
        WHEN 'EXPERIMENTAL_LANE'          THEN 'ROUTE_EXPERIMENTAL_ONLY'
        ELSE 'ROUTE_BLOCKED'
    END;
