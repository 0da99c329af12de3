-- The overrides that stand at a moment, by target and symbol.
-- makes: rows
-- reads: overrides_in_force(), $before_commit, $moment
FROM overrides_in_force($before_commit, $moment) ORDER BY target, symbol NULLS FIRST;
