-- The pairs of runs of which all three models were scored on the symbol, on the same stretch: the cross-sectional one, its own,
-- and the mean of both. Each has its score over its null, the mean over stretches. Of outcomes of one model and stretch, the one
-- that was recorded last counts, and so do those of stretches that overlap in time; of runs on the same evidence, the newest.
-- makes: rows
-- reads: candidates, decisions, outcomes, runs
WITH by_stretch AS MATERIALIZED (
    SELECT run_id, target, symbol, first_timestamp, last_timestamp, min(metric_name) AS metric_name,
           arg_max(score - null_score, (commit_id, "position")) FILTER (mode = 'CROSS_SECTIONAL') AS pooled,
           arg_max(score - null_score, (commit_id, "position")) FILTER (mode = 'SYMBOL_SPECIFIC') AS own,
           arg_max(score - null_score, (commit_id, "position")) FILTER (mode = 'BOTH')            AS "both",
           max((commit_id, "position")) AS recorded
    FROM outcomes
    WHERE symbol IS NOT NULL AND null_score IS NOT NULL
    GROUP BY run_id, target, symbol, first_timestamp, last_timestamp
    HAVING pooled IS NOT NULL AND own IS NOT NULL AND "both" IS NOT NULL
),
by_pair AS (
    SELECT run_id, target, symbol, min(metric_name) AS metric_name, avg(pooled) AS pooled, avg(own) AS own, avg("both") AS "both"
    FROM by_stretch AS o
    WHERE NOT EXISTS (
        FROM by_stretch AS l
        WHERE l.run_id = o.run_id AND l.target = o.target AND l.symbol = o.symbol AND l.recorded > o.recorded
          AND l.first_timestamp <= o.last_timestamp AND l.last_timestamp >= o.first_timestamp
    )
    GROUP BY run_id, target, symbol
)
SELECT r.commit_id, r.run_id, p.target, p.symbol, p.metric_name, p.pooled, p.own, p."both", d.local_state,
       k.score AS promised, q.score AS promised_pooled
FROM by_pair AS p
JOIN runs AS r ON r.run_id = p.run_id
LEFT JOIN decisions AS d ON d.commit_id = r.commit_id AND d.target = p.target AND d.symbol = p.symbol
LEFT JOIN candidates AS k ON k.commit_id = r.commit_id AND k.target = p.target AND k.symbol = p.symbol
LEFT JOIN candidates AS q ON q.commit_id = r.commit_id AND q.target = p.target AND q.symbol IS NULL
QUALIFY r.commit_id = max(r.commit_id) OVER (PARTITION BY r.evidence_id)
ORDER BY r.commit_id, p.target, p.symbol;
