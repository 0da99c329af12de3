-- The evidence of a run, as that of its one scenario.
-- makes: view scenario_evidence
-- reads: evidence
CREATE OR REPLACE TEMP VIEW scenario_evidence AS
SELECT *, 0::BIGINT AS scenario FROM evidence;
