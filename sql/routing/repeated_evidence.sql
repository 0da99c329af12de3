-- Evidence that says again what an earlier row said: the first row of a side wins. Strict evidence has none: the door
-- refuses it.
CREATE OR REPLACE TEMP TABLE repeated_evidence AS
WITH firsts AS (
    SELECT scenario, target, mode, CASE WHEN mode <> 'CROSS_SECTIONAL' THEN symbol END AS symbol,
           min("position") AS first_position
    FROM scenario_evidence JOIN policy_settings USING (scenario)
    WHERE NOT strict
    GROUP BY ALL
    HAVING count(*) > 1
)
SELECT e."position"
FROM scenario_evidence AS e
JOIN firsts AS f
    ON e.scenario = f.scenario AND e.target = f.target AND e.mode = f.mode
    AND (CASE WHEN e.mode <> 'CROSS_SECTIONAL' THEN e.symbol END) IS NOT DISTINCT FROM f.symbol
WHERE e."position" > f.first_position;
