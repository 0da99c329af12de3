-- The routes of a run.
-- makes: rows
-- reads: decisions, $commit_id
SELECT target, symbol, route FROM decisions WHERE commit_id = $commit_id;
