-- The newest run.
-- runs.*
CREATE OR REPLACE VIEW latest_run AS
FROM runs ORDER BY commit_id DESC LIMIT 1;
