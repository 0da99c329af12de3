-- The evidence of each scenario of a replay: that of its set of candidates. Positions stay in order within a scenario and are
-- unique over all.
-- makes: view laid_evidence
-- reads: evidence_sets, staged_scenarios
CREATE OR REPLACE TEMP VIEW laid_evidence AS
SELECT s.scenario * 4294967296 + e."position" AS "position", e.* EXCLUDE (evidence_set, "position"), s.scenario
FROM staged_scenarios AS s
JOIN evidence_sets AS e USING (evidence_set);
