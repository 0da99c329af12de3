-- The decisions of the newest run.
-- decisions.*
-- makes: view current_decisions
-- reads: decisions, runs
CREATE OR REPLACE VIEW current_decisions AS
FROM decisions WHERE commit_id = (SELECT max(commit_id) FROM runs);
