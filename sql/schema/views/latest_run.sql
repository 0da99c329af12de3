-- The newest run.
-- runs.*
CREATE OR REPLACE TEMP VIEW latest_run AS
FROM runs ORDER BY commit_id DESC LIMIT 1;
