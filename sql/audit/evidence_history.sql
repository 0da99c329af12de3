-- The evidence of a target in a stretch of runs: all of it, or the cross-sectional rows and those of one symbol.
SELECT * EXCLUDE (run_id)
FROM candidates
WHERE target = $target AND commit_id BETWEEN $first AND $last
  AND ($every_symbol OR mode = 'CROSS_SECTIONAL' OR symbol = $symbol)
ORDER BY commit_id, "position";
