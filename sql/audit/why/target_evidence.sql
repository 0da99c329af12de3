-- The evidence of a target in one run: of all its symbols, because the experimental lane ranks them.
-- makes: rows
-- reads: candidates, $commit_id, $target
SELECT * EXCLUDE (run_id)
FROM candidates
WHERE commit_id = $commit_id AND target = $target
ORDER BY "position";
