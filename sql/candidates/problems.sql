-- The problems of candidates; with none, they can be routed. Each problem is listed once, with its first row and the number
-- of its rows; at most 21 are listed. Reference semantics ($strict false) allow duplicates, numbers that are not finite, and
-- any value that can be recorded and that no rule reads.
-- makes: rows
-- reads: column_problems, incoming, incoming_tasks, known_metrics, repeated_rows, unread, metric_word(), plain_word(), stated_task(), $strict
WITH names AS MATERIALIZED (
    SELECT 'target' AS "column", target AS name, min("row") AS "row", count(*) AS "rows" FROM incoming GROUP BY target
    UNION ALL
    SELECT 'symbol', symbol, min("row"), count(*) FROM incoming GROUP BY symbol
),
counted AS NOT MATERIALIZED (
    FROM incoming ANTI JOIN unread USING ("row")
),
words AS MATERIALIZED (
    SELECT mode, symbol IS NULL AS no_symbol, symbol = '' AS empty_symbol, stability, leakage_status, model_status,
           min("row") AS "row", count(*) AS "rows"
    FROM counted
    GROUP BY ALL
),
tasks AS MATERIALIZED (
    SELECT n.*, stated_task(n.task_type) AS stated, m.task AS measured, coalesce(stated, measured) AS task, m.is_error
    FROM incoming_tasks AS n
    LEFT JOIN known_metrics AS m ON m.metric = plain_word(n.metric_name)
    WHERE $strict
),
-- where scores do not all lie where their metric does: as a rule nowhere
beyond AS MATERIALIZED (
    SELECT t.task_type, t.metric_name, k.lowest, k.highest,
           format('is no {}: {}{}',
                  coalesce(nullif(t.metric_name, ''), CASE t.task WHEN 'classification' THEN 'AUC' ELSE 'R²' END),
                  CASE WHEN k.lowest IS NULL THEN format('at most {}', k.highest) ELSE format('from {} to {}', k.lowest, k.highest) END,
                  CASE WHEN coalesce(t.metric_name, '') = '' THEN '; where it is another metric, name it in metric_name' ELSE '' END) AS problem
    FROM tasks AS t
    JOIN known_metrics AS k ON k.metric = metric_word(plain_word(t.metric_name), t.task)
    WHERE NOT k.is_error AND (t.least_score < k.lowest OR t.greatest_score > k.highest)
),
problems AS (
    SELECT "row", "rows", "column", name AS "value", 'is no name' AS problem
    FROM names WHERE "column" = 'target' AND coalesce(name, '') = ''
    UNION ALL
    SELECT "row", "rows", 'symbol', '', 'is no name'
    FROM words WHERE empty_symbol AND ($strict OR mode = 'SYMBOL_SPECIFIC')
    UNION ALL
    SELECT "row", "rows", "column", name, format('has {} characters; a name has at most 1000', length(name))
    FROM names WHERE length(name) > 1000
    UNION ALL
    SELECT "row", "rows", "column", name, 'holds a control character, which no name may'
    FROM names WHERE regexp_matches(name, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}]')
    UNION ALL
    SELECT "row", "rows", 'mode', mode, 'is no mode: CROSS_SECTIONAL or SYMBOL_SPECIFIC'
    FROM words WHERE $strict AND (mode IS NULL OR mode NOT IN ('CROSS_SECTIONAL', 'SYMBOL_SPECIFIC', 'SYMBOL'))
    UNION ALL
    SELECT "row", "rows", 'symbol', NULL, 'is needed on a symbol-specific candidate'
    FROM words WHERE $strict AND mode IN ('SYMBOL_SPECIFIC', 'SYMBOL') AND no_symbol
    UNION ALL
    SELECT min("row"), count(*), 'symbol', arg_min(symbol, "row"),
           'stands on a cross-sectional candidate, which covers all symbols and names none'
    FROM incoming WHERE $strict AND mode = 'CROSS_SECTIONAL' AND symbol IS NOT NULL
    HAVING count(*) > 0
    UNION ALL
    SELECT "row", "rows", 'stability', stability, 'is no stability: STABLE, DRIFTING, DIVERGED or UNKNOWN'
    FROM words WHERE stability IS NULL OR stability NOT IN ('STABLE', 'DRIFTING', 'DIVERGED', 'UNKNOWN')
    UNION ALL
    SELECT "row", "rows", 'leakage_status', leakage_status, 'is no leakage status: SAFE, SUSPECT, BLOCKED or UNKNOWN'
    FROM words WHERE leakage_status IS NULL OR leakage_status NOT IN ('SAFE', 'SUSPECT', 'BLOCKED', 'UNKNOWN')
    UNION ALL
    SELECT "row", "rows", 'model_status', model_status, 'is no model status: OK, FAILED, SKIPPED, UNKNOWN or empty'
    FROM words WHERE $strict AND model_status NOT IN ('OK', 'FAILED', 'SKIPPED', 'UNKNOWN')
    UNION ALL
    SELECT "row", "rows", 'task_type', task_type,
           concat('says neither classification nor regression, ',
                  CASE WHEN coalesce(metric_name, '') = '' THEN 'and there is no metric_name'
                       ELSE concat('nor does the metric_name ', to_json(metric_name[:40])) END,
                  ': write BINARY_CLASSIFICATION, MULTICLASS_CLASSIFICATION or REGRESSION here, or auc or r2 in metric_name')
    FROM tasks WHERE task IS NULL
    UNION ALL
    SELECT "row", "rows", 'metric_name', metric_name,
           format('measures {}, but the task_type is {}: correct the one that is wrong', measured, to_json(task_type[:40]))
    FROM tasks WHERE stated <> measured
    UNION ALL
    SELECT "row", "rows", 'metric_name', metric_name,
           format('measures errors, where lower is better, and a policy asks for high scores: give AUC, R², or its negative as neg_{}',
                  lower(metric_name))
    FROM tasks WHERE is_error
    UNION ALL
    SELECT i."row", 1, 'score', i.score::VARCHAR, b.problem
    FROM incoming AS i
    JOIN beyond AS b
        ON b.task_type IS NOT DISTINCT FROM i.task_type AND b.metric_name IS NOT DISTINCT FROM i.metric_name
    WHERE isfinite(i.score) AND (i.score < b.lowest OR i.score > b.highest)
    UNION ALL
    SELECT i."row", 1, 'null_score', i.null_score::VARCHAR, b.problem
    FROM incoming AS i
    JOIN beyond AS b
        ON b.task_type IS NOT DISTINCT FROM i.task_type AND b.metric_name IS NOT DISTINCT FROM i.metric_name
    WHERE isfinite(i.null_score) AND (i.null_score < b.lowest OR i.null_score > b.highest)
    UNION ALL
    SELECT "row", 1, 'null_sd', null_sd::VARCHAR, 'is no standard deviation: 0 or more'
    FROM incoming WHERE $strict AND null_sd < 0
    UNION ALL
    SELECT "row", 1, 'p_value', p_value::VARCHAR, 'is no probability: from 0 to 1'
    FROM incoming WHERE $strict AND isfinite(p_value) AND (p_value < 0 OR p_value > 1)
    UNION ALL
    SELECT "row", 1, 'effective_samples', effective_samples::VARCHAR, 'is no number of samples: more than 0'
    FROM incoming WHERE $strict AND effective_samples <= 0
    UNION ALL
    SELECT "row", "rows", 'task_type', task_type, 'holds a NUL character'
    FROM incoming_tasks WHERE contains(task_type, chr(0))
    UNION ALL
    SELECT min("row"), count(*), 'sample_size', any_value(sample_size)::VARCHAR, 'is no number of rows: 0 or more'
    FROM counted WHERE sample_size IS NULL OR sample_size < 0
    GROUP BY sample_size
    UNION ALL
    FROM column_problems
    UNION ALL
    SELECT "row", 1, 'stability_metrics', stability_metrics::VARCHAR, 'holds a number that is not finite'
    FROM incoming
    WHERE $strict
      AND (NOT isfinite(coalesce(stability_metrics.mean_overlap, 0)) OR NOT isfinite(coalesce(stability_metrics.std_overlap, 0))
        OR NOT isfinite(coalesce(stability_metrics.mean_tau, 0)) OR NOT isfinite(coalesce(stability_metrics.std_tau, 0)))
    UNION ALL
    SELECT min("row"), count(*), 'failed_model_families', arg_min(array_to_string(failed_model_families, ', '), "row"),
           'holds a NUL character'
    FROM incoming
    WHERE len(failed_model_families) > 0 AND contains(array_to_string(failed_model_families, ''), chr(0))
    HAVING count(*) > 0
    UNION ALL
    SELECT min("row"), count(*), 'stability_snapshots', stability_snapshots::VARCHAR, 'is no number of snapshots: 0 or more'
    FROM counted WHERE stability_snapshots < 0
    GROUP BY stability_snapshots
    UNION ALL
    SELECT min("row"), count(*), 'target, symbol', concat_ws(', ', target, symbol),
           format('has {} candidates, on rows {}; a side has one', count(*),
                  array_to_string(list_sort(list("row"))[1:5], ', '))
    FROM incoming SEMI JOIN repeated_rows USING ("row")
    GROUP BY target, symbol
)
SELECT min("row") AS "row", sum("rows")::BIGINT AS "rows", "column", "value", problem
FROM problems
GROUP BY "column", "value", problem
ORDER BY min("row"), "column"
LIMIT 21;
