-- Candidates of a pair or target that a run holds, and that no rule reads: of another mode, or without a symbol.
SELECT "position", mode
FROM candidates
WHERE commit_id = $commit_id AND target = $target AND symbol IS NOT DISTINCT FROM $symbol
  AND (mode NOT IN ('CROSS_SECTIONAL', 'SYMBOL_SPECIFIC') OR (mode = 'SYMBOL_SPECIFIC' AND symbol IS NULL))
ORDER BY "position";
