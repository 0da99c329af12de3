-- Evidence that says again what an earlier row said: the first row of a side wins, and rows that share a place are all
-- first. Strict evidence has none: the door refuses it.
-- example: scenario_evidence: [{position: 1, target: a, mode: CROSS_SECTIONAL}, {position: 8, target: a, mode: CROSS_SECTIONAL}]
-- example: → {position: 8}
-- makes: table repeated_evidence
-- reads: policy_settings, scenario_evidence
CREATE OR REPLACE TEMP TABLE repeated_evidence AS
SELECT "position"
FROM scenario_evidence
SEMI JOIN (FROM policy_settings WHERE NOT strict) AS reference USING (scenario)
QUALIFY rank() OVER (
    PARTITION BY scenario, target, mode, CASE WHEN mode <> 'CROSS_SECTIONAL' THEN symbol END ORDER BY "position"
) > 1;
