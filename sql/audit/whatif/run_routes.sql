-- What a run decided.
SELECT target, symbol, route FROM decisions WHERE commit_id = $commit_id;
