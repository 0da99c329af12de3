-- The newest run.
-- runs.*
-- makes: view latest_run
-- reads: runs
CREATE OR REPLACE VIEW latest_run AS
FROM runs ORDER BY commit_id DESC LIMIT 1;
