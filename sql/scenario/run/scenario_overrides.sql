-- The overrides that a run is decided with.
-- makes: table scenario_overrides
-- reads: overrides_in_force(), $before_commit, $moment
CREATE OR REPLACE TEMP TABLE scenario_overrides AS
SELECT *, 0::BIGINT AS scenario FROM overrides_in_force($before_commit, $moment);
