-- The number of candidates of a run by side, metric, score in steps of $width, and the signal state that the side came to.
-- makes: rows
-- reads: candidates, decisions, $commit_id, $width
WITH evidence AS (
    SELECT target, CASE WHEN mode <> 'CROSS_SECTIONAL' THEN symbol END AS symbol,
           CASE WHEN mode = 'CROSS_SECTIONAL' THEN 'cross_sectional' ELSE 'symbol' END AS side,
           arg_min(score, "position") AS score, arg_min(lower(metric_name), "position") AS metric
    FROM candidates
    WHERE commit_id = $commit_id
    GROUP BY ALL
)
SELECT e.side, coalesce(e.metric, 'score') AS metric, floor(e.score / $width)::BIGINT AS step,
       coalesce(CASE e.side WHEN 'symbol' THEN d.local_state ELSE d.cs_state END, 'none') AS state, count(*) AS candidates
FROM evidence AS e
JOIN decisions AS d ON d.commit_id = $commit_id AND d.target = e.target AND d.symbol IS NOT DISTINCT FROM e.symbol
WHERE isfinite(e.score)
GROUP BY ALL
ORDER BY ALL;
