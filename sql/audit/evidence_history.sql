-- The evidence of a pair in a stretch of runs, its own and its target's cross-sectional rows; of a target (symbol null) all.
SELECT * EXCLUDE (run_id)
FROM candidates
WHERE target = $target AND commit_id BETWEEN $first AND $last
  AND ($symbol IS NULL OR mode = 'CROSS_SECTIONAL' OR symbol = $symbol)
ORDER BY commit_id, "position";
