-- The candidates in the scenarios of a replay that are staged as changed, each with its change.
-- makes: rows
-- reads: laid_evidence, staged_changes
SELECT e.*, c.change
FROM laid_evidence AS e
JOIN staged_changes AS c
    ON c.scenario = e.scenario
    AND c.side = CASE e.mode WHEN 'CROSS_SECTIONAL' THEN 'cross_sectional' ELSE 'symbol' END
    -- equalities only, because an OR here would make the join compare every change with every candidate
    AND CASE c.side WHEN 'cross_sectional' THEN NULL ELSE c.symbol END
        IS NOT DISTINCT FROM CASE e.mode WHEN 'CROSS_SECTIONAL' THEN NULL ELSE e.symbol END
ORDER BY e."position";
