-- Candidates of a pair or target in a run that no rule reads: of another mode, or without a symbol. Rows
-- are counted from 1, as those of a file are.
-- makes: rows
-- reads: candidates, $commit_id, $symbol, $target
SELECT "position" - (SELECT min("position") FROM candidates WHERE commit_id = $commit_id) + 1 AS "row", mode
FROM candidates
WHERE commit_id = $commit_id AND target = $target AND symbol IS NOT DISTINCT FROM $symbol
  AND (coalesce(mode, '') NOT IN ('CROSS_SECTIONAL', 'SYMBOL_SPECIFIC') OR (mode = 'SYMBOL_SPECIFIC' AND symbol IS NULL))
ORDER BY "position";
