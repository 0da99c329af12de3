-- The evidence on a pair in one run: its own row and its target's cross-sectional one.
FROM candidates
WHERE commit_id = $commit_id AND target = $target
  AND (mode = 'CROSS_SECTIONAL' OR symbol IS NOT DISTINCT FROM $symbol)
ORDER BY "position";
