-- A run that is decided without any override.
-- makes: table scenario_overrides
-- reads: nothing
CREATE OR REPLACE TEMP TABLE scenario_overrides (
    override_id VARCHAR, target VARCHAR, symbol VARCHAR, route VARCHAR, author VARCHAR, reason VARCHAR,
    expires_at TIMESTAMPTZ, scenario BIGINT
);
