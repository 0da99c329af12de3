-- The overrides in force for a run: those of a pair, of a target, or (both null) all.
-- makes: rows
-- reads: overrides_in_force(), $commit_id, $started_at, $symbol, $target
FROM overrides_in_force($commit_id, $started_at)
WHERE coalesce(target = $target, true) AND (symbol IS NULL OR coalesce(symbol = $symbol, true))
ORDER BY target, symbol NULLS FIRST;
