-- The decision of a pair, or (symbol null) of a target, in one run.
-- makes: rows
-- reads: decisions, $commit_id, $symbol, $target
FROM decisions
WHERE commit_id = $commit_id AND target = $target AND symbol IS NOT DISTINCT FROM $symbol;
