-- Every run, oldest first, with its decision on a pair or (symbol null) a target; null without a decision.
-- makes: rows
-- reads: commits, decisions, runs, $symbol, $target
SELECT r.*, c.recorded_at, d.route, d.rule
FROM runs AS r
JOIN commits AS c ON c.commit_id = r.commit_id
LEFT JOIN (
    SELECT commit_id, route, rule FROM decisions WHERE target = $target AND symbol IS NOT DISTINCT FROM $symbol
) AS d ON d.commit_id = r.commit_id
ORDER BY r.commit_id;
