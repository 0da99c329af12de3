-- All evidence of a run.
SELECT * EXCLUDE (run_id) FROM candidates WHERE commit_id = $commit_id ORDER BY "position";
