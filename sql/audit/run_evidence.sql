-- The evidence of a run: what the rules read of its candidates, and what the columns they read are derived from.
-- makes: rows
-- reads: candidates, $commit_id
SELECT commit_id, "position", target, symbol, mode, score, stability, stability_metrics, stability_snapshots, sample_size,
       leakage_status, failed_model_families, model_status, task_type, metric_name, null_score, null_sd, p_value,
       effective_samples, q_value, q_value_by, q_value_over_trials, q_value_by_over_trials, shrunken_score
FROM candidates
WHERE commit_id = $commit_id;
