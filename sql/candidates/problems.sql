-- What is wrong with candidates, row by row; empty means they can be routed.
-- Under reference semantics ($strict false) unknown modes, duplicates and scores that are not finite pass.
SELECT "row", "column", "value", problem
FROM (
    SELECT "row", 'target' AS "column", target AS "value", 'a target needs a name' AS problem
    FROM incoming WHERE target IS NULL OR target = ''
    UNION ALL
    SELECT "row", 'symbol', symbol, 'a symbol needs a name; leave it empty (null) on cross-sectional rows only'
    FROM incoming WHERE symbol = ''
    UNION ALL
    SELECT "row", 'target', target, format('a name may have at most 1000 characters, this one has {}', length(target))
    FROM incoming WHERE length(target) > 1000
    UNION ALL
    SELECT "row", 'symbol', symbol, format('a name may have at most 1000 characters, this one has {}', length(symbol))
    FROM incoming WHERE length(symbol) > 1000
    UNION ALL
    SELECT "row", 'target', target, 'control characters are not allowed in a name'
    FROM incoming WHERE regexp_matches(target, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')
    UNION ALL
    SELECT "row", 'symbol', symbol, 'control characters are not allowed in a name'
    FROM incoming WHERE regexp_matches(symbol, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')
    UNION ALL
    SELECT "row", 'feature_set_id, task_type, metric_name, git_commit or failed_model_families', NULL, 'holds a NUL character'
    FROM incoming
    WHERE contains(feature_set_id, chr(0)) OR contains(task_type, chr(0)) OR contains(metric_name, chr(0))
       OR contains(git_commit, chr(0)) OR contains(array_to_string(failed_model_families, ''), chr(0))
    UNION ALL
    SELECT "row", 'mode', mode, 'is not a mode: CROSS_SECTIONAL or SYMBOL_SPECIFIC'
    FROM incoming
    WHERE mode IS NULL OR ($strict AND mode NOT IN ('CROSS_SECTIONAL', 'SYMBOL_SPECIFIC', 'SYMBOL'))
    UNION ALL
    SELECT "row", 'symbol', symbol, 'a cross-sectional candidate covers all symbols, so it names none'
    FROM incoming WHERE $strict AND mode = 'CROSS_SECTIONAL' AND symbol IS NOT NULL
    UNION ALL
    SELECT "row", 'symbol', symbol, 'a symbol-specific candidate must name its symbol'
    FROM incoming WHERE $strict AND mode IN ('SYMBOL_SPECIFIC', 'SYMBOL') AND symbol IS NULL
    UNION ALL
    SELECT "row", 'score', score::VARCHAR, 'is not a finite number; leave it empty where there is no score'
    FROM incoming WHERE $strict AND NOT isfinite(score)
    UNION ALL
    SELECT "row", 'score_ci_low', score_ci_low::VARCHAR, 'is not a finite number'
    FROM incoming WHERE $strict AND NOT isfinite(score_ci_low)
    UNION ALL
    SELECT "row", 'score_ci_high', score_ci_high::VARCHAR, 'is not a finite number'
    FROM incoming WHERE $strict AND NOT isfinite(score_ci_high)
    UNION ALL
    SELECT "row", 'stability_metrics', stability_metrics::VARCHAR, 'holds a number that is not finite'
    FROM incoming
    WHERE NOT (isfinite(coalesce(stability_metrics.mean_overlap, 0)) AND isfinite(coalesce(stability_metrics.std_overlap, 0))
           AND isfinite(coalesce(stability_metrics.mean_tau, 0)) AND isfinite(coalesce(stability_metrics.std_tau, 0)))
    UNION ALL
    SELECT "row", 'stability', stability, 'is not a stability: STABLE, DRIFTING, DIVERGED or UNKNOWN'
    FROM incoming WHERE stability IS NULL OR stability NOT IN ('STABLE', 'DRIFTING', 'DIVERGED', 'UNKNOWN')
    UNION ALL
    SELECT "row", 'leakage_status', leakage_status, 'is not a leakage status: SAFE, SUSPECT, BLOCKED or UNKNOWN'
    FROM incoming WHERE leakage_status IS NULL OR leakage_status NOT IN ('SAFE', 'SUSPECT', 'BLOCKED', 'UNKNOWN')
    UNION ALL
    SELECT "row", 'model_status', model_status, 'is not a model status: OK, FAILED, SKIPPED, UNKNOWN or empty'
    FROM incoming WHERE model_status NOT IN ('OK', 'FAILED', 'SKIPPED', 'UNKNOWN')
    UNION ALL
    SELECT "row", 'task_type', task_type, 'would be taken for regression; write it in capitals'
    FROM incoming WHERE $strict AND contains(upper(task_type), 'CLASSIFICATION') AND NOT contains(task_type, 'CLASSIFICATION')
    UNION ALL
    SELECT "row", 'sample_size', sample_size::VARCHAR, 'is not a number of rows: 0 or more'
    FROM incoming WHERE sample_size IS NULL OR sample_size < 0
    UNION ALL
    SELECT max("row"), 'target, symbol', concat_ws(', ', target, symbol),
           format('has {} candidates, on rows {}; one side has one', count(*),
                  array_to_string(list_sort(list("row"))[1:5], ', '))
    FROM incoming
    WHERE $strict
    GROUP BY target, symbol, mode = 'CROSS_SECTIONAL'
    HAVING count(*) > 1
)
ORDER BY "row", "column"
LIMIT 20;
