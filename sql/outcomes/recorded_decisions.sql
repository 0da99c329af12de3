-- The decisions of one run, as the decisions of a scenario.
-- makes: rows
-- reads: decisions, $commit_id
SELECT 0::BIGINT AS scenario, target, symbol, route FROM decisions WHERE commit_id = $commit_id;
