-- The evidence of both sides of a pair, or (symbol null) of a target, over all runs, oldest first, with the route of each run.
-- makes: rows
-- reads: candidates, commits, decisions, runs, $symbol, $target
WITH evidence AS (
    SELECT commit_id, CASE WHEN mode = 'CROSS_SECTIONAL' THEN 'cross_sectional' ELSE 'symbol' END AS side,
           arg_min({'score': score, 'low': score_ci_low, 'high': score_ci_high, 'null_score': null_score, 'metric': metric_name},
                   "position") AS "values"
    FROM candidates
    WHERE target = $target AND ((mode = 'CROSS_SECTIONAL' AND symbol IS NULL) OR (mode <> 'CROSS_SECTIONAL' AND symbol = $symbol))
    GROUP BY ALL
)
SELECT r.commit_id, r.run_id, c.recorded_at, r.policy_id, r.rules_id, d.route, d."rule",
       (SELECT e."values" FROM evidence AS e WHERE e.commit_id = r.commit_id AND e.side = 'cross_sectional') AS cross_sectional,
       (SELECT e."values" FROM evidence AS e WHERE e.commit_id = r.commit_id AND e.side = 'symbol') AS symbol
FROM runs AS r
JOIN commits AS c ON c.commit_id = r.commit_id
LEFT JOIN (FROM decisions WHERE target = $target AND symbol IS NOT DISTINCT FROM $symbol) AS d ON d.commit_id = r.commit_id
ORDER BY r.commit_id;
