-- The evidence of a target in some runs for a replay, each run's as a set: all of it, or that on which a pair, or (symbol
-- null) the target, depends. The first candidate of each run is included, because any candidate makes a target decided, and
-- those of pairs with an override, because an override of a pair without a candidate has no effect.
-- makes: rows
-- reads: candidates, $commit_ids, $first, $is_whole, $last, $pinned, $rule_inputs, $symbol, $target
SELECT commit_id AS evidence_set, "position", COLUMNS($rule_inputs)
FROM candidates
WHERE target = $target
  AND commit_id BETWEEN $first AND $last  -- because the list alone would not spare files
  AND list_contains($commit_ids, commit_id)
QUALIFY $is_whole OR mode = 'CROSS_SECTIONAL' OR symbol = $symbol OR list_contains($pinned, symbol)
    OR row_number() OVER (PARTITION BY commit_id ORDER BY "position") = 1
ORDER BY commit_id, "position";
