-- The evidence of a pair in one run, its own and its target's cross-sectional rows, or (symbol null) the latter alone; and how
-- many candidates the run has of the target.
-- makes: rows
-- reads: candidates, $commit_id, $symbol, $target
SELECT * EXCLUDE (run_id, commit_id, "position"), count(*) OVER () AS candidates
FROM candidates
WHERE commit_id = $commit_id AND target = $target
QUALIFY mode = 'CROSS_SECTIONAL' OR symbol = $symbol
ORDER BY "position";
