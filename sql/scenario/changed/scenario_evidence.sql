-- The evidence of each scenario of a replay, with the changed candidates, by position, in place of the recorded ones.
-- makes: table scenario_evidence
-- reads: changed_candidates, changed_positions, laid_evidence
CREATE OR REPLACE TEMP TABLE scenario_evidence AS
FROM laid_evidence ANTI JOIN changed_positions USING ("position")
UNION ALL BY NAME
FROM changed_candidates;
