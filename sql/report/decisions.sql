-- What a run decided, as it was recorded.
SELECT target, symbol, route, cs_state, local_state, "rule", reasons, override_id
FROM decisions
WHERE commit_id = $commit_id
ORDER BY "position";
