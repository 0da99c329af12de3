-- The overrides that each scenario of a replay is decided with.
-- makes: table scenario_overrides
-- reads: $rows
CREATE OR REPLACE TEMP TABLE scenario_overrides AS
SELECT unnest($rows::JSON::STRUCT(
    override_id VARCHAR, target VARCHAR, symbol VARCHAR, route VARCHAR, author VARCHAR, reason VARCHAR,
    expires_at TIMESTAMPTZ, scenario BIGINT
)[], max_depth := 2);
