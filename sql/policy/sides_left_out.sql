-- The sides that a policy leaves out though there is evidence of them, with the first target that has some. Only policies of
-- reference semantics may leave out a side.
-- makes: rows
-- reads: scenario_evidence, scenarios
WITH left_out AS (
    SELECT scenario, side, "mode"
    FROM scenarios, (VALUES ('cross_sectional', 'CROSS_SECTIONAL'), ('symbol', 'SYMBOL_SPECIFIC')) AS sides(side, "mode")
    WHERE (document->>side) IS NULL
       OR (document->'$.min_sample_size'->>side) IS NULL
       OR (document->'$.stability_allowlist'->>side) IS NULL
)
SELECT l.side, arg_min(e.target, e."position") AS "target"
FROM scenario_evidence AS e
JOIN left_out AS l ON l.scenario = e.scenario AND l."mode" = e.mode
WHERE e.mode = 'CROSS_SECTIONAL' OR e.symbol IS NOT NULL
GROUP BY l.side
ORDER BY l.side;
