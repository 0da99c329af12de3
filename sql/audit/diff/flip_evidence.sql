-- The evidence that decides the flips of two runs where pairs do not depend on other symbols: the cross-sectional rows of
-- their targets; those of pairs that flip or have an override, because an override may switch its target; and the first of
-- each target, because any row makes a target decided.
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
