-- The recorded decisions of a run.
-- makes: rows
-- reads: decisions, $commit_id
SELECT target, symbol, route, cs_state, local_state, "rule", reasons, override_id
FROM decisions
WHERE commit_id = $commit_id
ORDER BY "position";
