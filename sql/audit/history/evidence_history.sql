-- The evidence of a pair in a range of runs, the columns that rules read: its own and its target's cross-sectional rows; of a
-- target (symbol null) the latter alone.
-- makes: rows
-- reads: candidates, $first, $last, $rule_inputs, $symbol, $target
SELECT commit_id, COLUMNS($rule_inputs)
FROM candidates
WHERE target = $target AND commit_id BETWEEN $first AND $last AND (mode = 'CROSS_SECTIONAL' OR symbol = $symbol)
ORDER BY commit_id, "position";
