-- The evidence of each scenario of a replay, where none changes any.
-- makes: table scenario_evidence
-- reads: laid_evidence
CREATE OR REPLACE TEMP TABLE scenario_evidence AS FROM laid_evidence;
