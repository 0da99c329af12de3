-- The evidence of each scenario of a replay, with the changes that are staged; of a struct, those of the named fields.
-- The types are those of all columns, as from_json spells them.
-- makes: table scenario_evidence
-- reads: laid_evidence, staged_changes, $types
CREATE OR REPLACE TEMP TABLE scenario_evidence AS
WITH staged AS MATERIALIZED (
    SELECT e AS candidate, c.change, coalesce(c.absent, false) AS absent
    FROM laid_evidence AS e
    LEFT JOIN staged_changes AS c
        ON c.scenario = e.scenario
        AND c.side = CASE e.mode WHEN 'CROSS_SECTIONAL' THEN 'cross_sectional' ELSE 'symbol' END
        -- equalities only, because an OR here would make the join compare every change with every candidate
        AND CASE c.side WHEN 'cross_sectional' THEN NULL ELSE c.symbol END
            IS NOT DISTINCT FROM CASE e.mode WHEN 'CROSS_SECTIONAL' THEN NULL ELSE e.symbol END
)
SELECT unnest(candidate) FROM staged WHERE change IS NULL
UNION ALL BY NAME
-- because a merged null takes its key away, which a cast to STRUCT would refuse
SELECT unnest(from_json(json_merge_patch(to_json(candidate), change), $types))
FROM staged
WHERE change IS NOT NULL AND NOT absent;
