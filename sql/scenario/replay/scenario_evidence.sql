-- The evidence of each scenario of a replay, where none changes any.
CREATE OR REPLACE TEMP TABLE scenario_evidence AS FROM laid_evidence;
