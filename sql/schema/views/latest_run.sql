-- The newest run.
-- runs.*
-- makes: view latest_run
-- reads: runs
CREATE OR REPLACE VIEW latest_run AS
-- because the files' statistics have the maximum, and of the files only that of the newest run is then read
FROM runs WHERE commit_id = (SELECT max(commit_id) FROM runs);
