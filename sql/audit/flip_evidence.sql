-- The evidence of every target with a flip, in both runs.
SELECT * EXCLUDE (run_id)
FROM candidates
WHERE commit_id IN ($a, $b) AND target IN (SELECT target FROM flips)
ORDER BY commit_id, "position";
