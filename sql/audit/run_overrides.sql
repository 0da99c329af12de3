-- The overrides that a run was decided with: those that matter to a pair, to a target, or (both null) all of them.
-- makes: rows
-- reads: overrides_in_force(), $commit_id, $started_at, $symbol, $target
FROM overrides_in_force($commit_id, $started_at)
WHERE coalesce(target = $target, true) AND (symbol IS NULL OR coalesce(symbol = $symbol, true))
ORDER BY target, symbol NULLS FIRST;
