-- All evidence of a run.
-- makes: rows
-- reads: candidates, $commit_id
SELECT * EXCLUDE (run_id) FROM candidates WHERE commit_id = $commit_id ORDER BY "position";
