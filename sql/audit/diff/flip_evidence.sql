-- What the rules read of two runs to decide the flips, where no symbol matters to another: the cross-sectional rows of their
-- targets, those of the pairs that flip or were ever pinned, because a pin may switch its target, and each target's first,
-- because it is decided wherever a run holds any row of it.
-- makes: rows
-- reads: candidates, flips, overrides, $a, $b, $rule_inputs
SELECT commit_id, "position", COLUMNS($rule_inputs)
FROM candidates
WHERE commit_id IN ($a, $b) AND target IN (SELECT target FROM flips)
  AND (mode = 'CROSS_SECTIONAL' OR (target, symbol) IN (SELECT target, symbol FROM flips)
       OR (target, symbol) IN (SELECT target, symbol FROM overrides)
       OR (commit_id, "position") IN (
           SELECT commit_id, min("position") FROM candidates WHERE commit_id IN ($a, $b) GROUP BY commit_id, target
       ));
