-- The decisions of the newest run.
CREATE OR REPLACE TEMP VIEW current_decisions AS
FROM decisions WHERE commit_id = (SELECT max(commit_id) FROM runs);
