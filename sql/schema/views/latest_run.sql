-- The newest run.
-- runs.*
-- makes: view latest_run
-- reads: runs
CREATE OR REPLACE VIEW latest_run AS
-- because ORDER BY with LIMIT would read the table twice
FROM runs QUALIFY commit_id = max(commit_id) OVER ();
