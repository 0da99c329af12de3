-- The scenarios of a replay, each with the set of candidates that it is decided on.
-- makes: table staged_scenarios
-- reads: $rows
CREATE OR REPLACE TEMP TABLE staged_scenarios AS
SELECT unnest($rows::JSON::STRUCT(
    scenario BIGINT, evidence_set BIGINT, document VARCHAR, model_families VARCHAR[], include_blocked BOOLEAN
)[], max_depth := 2);
