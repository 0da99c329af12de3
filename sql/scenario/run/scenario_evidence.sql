-- The evidence of a run, as that of its one scenario.
CREATE OR REPLACE TEMP VIEW scenario_evidence AS
SELECT *, 0::BIGINT AS scenario FROM evidence;
