-- The size of a run.
-- makes: rows
-- reads: decisions, $commit_id
SELECT count(DISTINCT target) AS targets, count(DISTINCT symbol) AS symbols, count(symbol) AS pairs
FROM decisions
WHERE commit_id = $commit_id;
