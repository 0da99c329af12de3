-- For each scenario: comparable pairs by the model that their route trains for them, the sum of the scores over null that it
-- then had, and the jobs of their targets. The cross-sectional job of a target is one, whatever the number of its pairs.
-- makes: rows
-- reads: comparable, decisions
WITH pairs AS (
    SELECT d.scenario, d.route, c.pooled, c.own, c."both"
    FROM comparable AS c
    JOIN decisions AS d ON d.target = c.target AND d.symbol = c.symbol
),
jobs AS (
    SELECT scenario, count(*) AS number
    FROM decisions
    WHERE symbol IS NULL AND route = 'ENABLED' AND target IN (SELECT target FROM comparable)
    GROUP BY scenario
)
SELECT p.scenario, count(*) AS pairs,
       count(*) FILTER (p.route = 'ROUTE_CROSS_SECTIONAL')   AS pooled,
       count(*) FILTER (p.route = 'ROUTE_SYMBOL_SPECIFIC')   AS own,
       count(*) FILTER (p.route = 'ROUTE_BOTH')              AS "both",
       count(*) FILTER (p.route = 'ROUTE_EXPERIMENTAL_ONLY') AS experimental,
       count(*) FILTER (p.route IN ('ROUTE_SYMBOL_SPECIFIC', 'ROUTE_BOTH', 'ROUTE_EXPERIMENTAL_ONLY'))
           + coalesce(any_value(j.number), 0) AS jobs,
       coalesce(sum(CASE p.route WHEN 'ROUTE_CROSS_SECTIONAL' THEN p.pooled
                                 WHEN 'ROUTE_BOTH'            THEN p."both"
                                 WHEN 'ROUTE_BLOCKED'         THEN 0
                                 ELSE p.own END), 0)::DOUBLE AS advantage
FROM pairs AS p
LEFT JOIN jobs AS j USING (scenario)
GROUP BY p.scenario
ORDER BY p.scenario;
