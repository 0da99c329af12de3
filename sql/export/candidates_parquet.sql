-- The candidates of a run, written as routing_candidates.parquet. A column that a younger format added stands last.
-- What was derived at the time of the run is left out.
-- makes: a file
-- reads: lake.candidates, $commit_id, $path
COPY (
    SELECT target, symbol, mode, score, score_ci_low, score_ci_high, null_score, stability, sample_size, leakage_status,
           feature_set_id, failed_model_families, stability_metrics, stability_snapshots, task_type, metric_name,
           model_status, evidence_as_of AS "timestamp", git_commit,
           * EXCLUDE (
               commit_id, "position", run_id, target, symbol, mode, score, score_ci_low, score_ci_high, null_score, stability,
               sample_size, leakage_status, feature_set_id, failed_model_families, stability_metrics, stability_snapshots,
               task_type, metric_name, model_status, evidence_as_of, git_commit, q_value, q_value_by, q_value_over_trials,
               q_value_by_over_trials, shrunken_score
           )
    FROM lake.candidates
    WHERE commit_id = $commit_id
    ORDER BY "position"
) TO $path (FORMAT parquet);
