-- The recorded outcomes of one run, or of all, by run, target, symbol and time. Those of a side's own model stand beside its
-- promise; nothing was promised of a cross-sectional model on one symbol, or of the mean of both models.
-- makes: rows
-- reads: candidates, outcomes, runs, $run_id
SELECT o.run_id, o.target, o.symbol, o.mode, o.metric_name, k.score AS promised, o.score AS realized, o.null_score, o.null_sd,
       o.p_value, o.effective_samples, o.sample_size, o.first_timestamp, o.last_timestamp, o.learned_until, o.job_id, o.model,
       o.commit_id
FROM outcomes AS o
JOIN runs AS r ON r.run_id = o.run_id
LEFT JOIN candidates AS k
    ON k.commit_id = r.commit_id AND k.target = o.target
    AND k.symbol IS NOT DISTINCT FROM o.symbol
    AND o.mode = CASE WHEN o.symbol IS NULL THEN 'CROSS_SECTIONAL' ELSE 'SYMBOL_SPECIFIC' END
WHERE coalesce(o.run_id = $run_id, true)
ORDER BY r.commit_id, o.target, o.symbol NULLS FIRST, o.mode, o.first_timestamp, o.commit_id, o."position";
