-- The changes of candidates in scenarios: of a side, new values by metric, or (absent) the removal of its candidates.
-- makes: table staged_changes
-- reads: $rows
CREATE OR REPLACE TEMP TABLE staged_changes AS
SELECT unnest($rows::JSON::STRUCT(scenario BIGINT, side VARCHAR, symbol VARCHAR, absent BOOLEAN, change JSON)[], max_depth := 2);
