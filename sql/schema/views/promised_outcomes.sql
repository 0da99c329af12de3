-- One row is the outcome of a side with its promise: the score of the run's evidence for the same side.
-- An outcome that a later recorded one of the same side overlaps in time is left out, and so are scores of other models
-- than the side's own: cross-sectional models on one symbol, and means of both models.
-- run_id: the run that promised it
-- evidence_id: the digest of that run's candidates
-- target: the target
-- symbol: the symbol; null: the cross-sectional side
-- state: signal state of the side in that run
-- route: route of the pair in that run; `ENABLED` or `DISABLED` where symbol is null
-- metric_name: the metric of both scores
-- year: the year of first_timestamp, UTC
-- promised: score of the evidence
-- promised_null: its null
-- promised_p: its p-value
-- promised_low: lower end of its confidence interval
-- promised_high: upper end of it
-- realized: the score that came true
-- realized_null: its null
-- realized_p: its p-value
-- is_above_null: whether it exceeds its null; null where there is none
-- effective_samples: how many of the stretch's timestamps are independent of one another
-- sample_size: scored rows
-- first_timestamp: the first of them
-- last_timestamp: the last of them
-- commit_id: the commit that recorded the outcome
-- makes: view promised_outcomes
-- reads: candidates, decisions, outcomes, runs
CREATE OR REPLACE VIEW promised_outcomes AS
WITH own AS (
    FROM outcomes WHERE mode = CASE WHEN symbol IS NULL THEN 'CROSS_SECTIONAL' ELSE 'SYMBOL_SPECIFIC' END
),
counted AS (
    SELECT o.*
    FROM own AS o
    WHERE NOT EXISTS (
        FROM own AS l
        WHERE l.run_id = o.run_id AND l.target = o.target AND l.symbol IS NOT DISTINCT FROM o.symbol
          AND (l.commit_id > o.commit_id OR (l.commit_id = o.commit_id AND l."position" > o."position"))
          AND l.first_timestamp <= o.last_timestamp AND l.last_timestamp >= o.first_timestamp
    )
)
SELECT o.run_id, r.evidence_id, o.target, o.symbol, CASE WHEN o.symbol IS NULL THEN d.cs_state ELSE d.local_state END AS state,
       d.route, o.metric_name, year(o.first_timestamp AT TIME ZONE 'UTC') AS "year",
       k.score AS promised, k.null_score AS promised_null, k.p_value AS promised_p,
       k.score_ci_low AS promised_low, k.score_ci_high AS promised_high,
       o.score AS realized, o.null_score AS realized_null, o.p_value AS realized_p, o.score > o.null_score AS is_above_null,
       o.effective_samples, o.sample_size, o.first_timestamp, o.last_timestamp, o.commit_id
FROM counted AS o
JOIN runs AS r ON r.run_id = o.run_id
LEFT JOIN decisions AS d
    ON d.commit_id = r.commit_id AND d.target = o.target AND d.symbol IS NOT DISTINCT FROM o.symbol
LEFT JOIN candidates AS k
    ON k.commit_id = r.commit_id AND k.target = o.target AND k.symbol IS NOT DISTINCT FROM o.symbol;
