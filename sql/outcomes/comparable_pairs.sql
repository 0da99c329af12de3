-- The pairs of runs of which all three models were scored on the symbol: the cross-sectional one, its own, and the mean of both.
-- Each has its score over its null, the mean over stretches. Of outcomes of one model that overlap in time, the one that was
-- recorded last counts; of runs on the same evidence, the newest.
-- makes: rows
-- reads: candidates, decisions, outcomes, runs
WITH scored AS MATERIALIZED (
    FROM outcomes WHERE symbol IS NOT NULL AND null_score IS NOT NULL
),
counted AS (
    SELECT o.*
    FROM scored AS o
    WHERE NOT EXISTS (
        FROM scored AS l
        WHERE l.run_id = o.run_id AND l.target = o.target AND l.symbol = o.symbol AND l.mode = o.mode
          AND (l.commit_id > o.commit_id OR (l.commit_id = o.commit_id AND l."position" > o."position"))
          AND l.first_timestamp <= o.last_timestamp AND l.last_timestamp >= o.first_timestamp
    )
),
by_pair AS (
    SELECT run_id, target, symbol, min(metric_name) AS metric_name,
           avg(score - null_score) FILTER (mode = 'CROSS_SECTIONAL') AS pooled,
           avg(score - null_score) FILTER (mode = 'SYMBOL_SPECIFIC') AS own,
           avg(score - null_score) FILTER (mode = 'BOTH')            AS "both"
    FROM counted
    GROUP BY run_id, target, symbol
)
SELECT r.commit_id, r.run_id, p.target, p.symbol, p.metric_name, p.pooled, p.own, p."both", d.local_state,
       k.score AS promised, q.score AS promised_pooled
FROM by_pair AS p
JOIN runs AS r ON r.run_id = p.run_id
LEFT JOIN decisions AS d ON d.commit_id = r.commit_id AND d.target = p.target AND d.symbol = p.symbol
LEFT JOIN candidates AS k ON k.commit_id = r.commit_id AND k.target = p.target AND k.symbol = p.symbol
LEFT JOIN candidates AS q ON q.commit_id = r.commit_id AND q.target = p.target AND q.symbol IS NULL
WHERE p.pooled IS NOT NULL AND p.own IS NOT NULL AND p."both" IS NOT NULL
QUALIFY r.commit_id = max(r.commit_id) OVER (PARTITION BY r.evidence_id)
ORDER BY r.commit_id, p.target, p.symbol;
