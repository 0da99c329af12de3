-- The symbols of a run, by name.
-- makes: rows
-- reads: decisions, $commit_id
SELECT DISTINCT symbol FROM decisions WHERE commit_id = $commit_id AND symbol IS NOT NULL ORDER BY symbol;
