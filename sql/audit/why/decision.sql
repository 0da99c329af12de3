-- The decision of a pair, or (symbol null) of a target, in one run.
FROM decisions
WHERE commit_id = $commit_id AND target = $target AND symbol IS NOT DISTINCT FROM $symbol;
