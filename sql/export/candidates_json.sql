-- The candidates of a run, written as routing_candidates.json; a score that JSON has no word for is null.
COPY (
    SELECT target, symbol, mode,
           CASE WHEN isfinite(score) THEN score END                 AS score,
           CASE WHEN isfinite(score_ci_low) THEN score_ci_low END   AS score_ci_low,
           CASE WHEN isfinite(score_ci_high) THEN score_ci_high END AS score_ci_high,
           CASE WHEN isfinite(null_score) THEN null_score END       AS null_score,
           stability, sample_size, leakage_status, feature_set_id, failed_model_families, stability_metrics,
           stability_snapshots, task_type, metric_name, model_status,
           strftime(evidence_as_of, '%Y-%m-%dT%H:%M:%S.%fZ')        AS "timestamp",
           git_commit
    FROM lake.candidates
    WHERE commit_id = $commit_id
    ORDER BY "position"
) TO $path (FORMAT json, ARRAY true);
