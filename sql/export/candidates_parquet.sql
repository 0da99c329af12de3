-- The candidates of a run, written as routing_candidates.parquet. $in_order: the rows are stored in order, and so need
-- no sorting.
COPY (
    SELECT target, symbol, mode, score, score_ci_low, score_ci_high, null_score, stability, sample_size, leakage_status,
           feature_set_id, failed_model_families, stability_metrics, stability_snapshots, task_type, metric_name,
           model_status, evidence_as_of AS "timestamp", git_commit
    FROM (
        FROM lake.candidates WHERE $in_order AND commit_id = $commit_id
        UNION ALL
        FROM (FROM lake.candidates WHERE NOT $in_order AND commit_id = $commit_id ORDER BY "position")
    )
) TO $path (FORMAT parquet);
