-- The candidates of a run as JSON records.
SELECT concat(
    '  {"target": ', json_text(target),
    ', "symbol": ', json_text(symbol),
    ', "mode": ', json_text(mode),
    ', "score": ', number_text(score),
    ', "score_ci_low": ', number_text(score_ci_low),
    ', "score_ci_high": ', number_text(score_ci_high),
    ', "stability": "', stability,
    '", "sample_size": ', sample_size,
    ', "leakage_status": "', leakage_status,
    '", "feature_set_id": ', json_text(feature_set_id),
    ', "failed_model_families": ', CASE
        WHEN failed_model_families IS NULL THEN 'null'
        WHEN len(failed_model_families) = 0 THEN '[]'
        ELSE concat('[', array_to_string(list_transform(failed_model_families, lambda name: json_text(name)), ', '), ']')
    END,
    ', "stability_metrics": ', CASE WHEN stability_metrics IS NULL THEN 'null' ELSE concat(
        '{"mean_overlap": ', number_text(stability_metrics.mean_overlap),
        ', "std_overlap": ', number_text(stability_metrics.std_overlap),
        ', "mean_tau": ', number_text(stability_metrics.mean_tau),
        ', "std_tau": ', number_text(stability_metrics.std_tau), '}') END,
    ', "stability_snapshots": ', coalesce(stability_snapshots::VARCHAR, 'null'),
    ', "task_type": ', json_text(task_type),
    ', "metric_name": ', json_text(metric_name),
    ', "model_status": ', json_text(model_status),
    ', "timestamp": ', coalesce(strftime(evidence_as_of, '"%Y-%m-%dT%H:%M:%S.%fZ"'), 'null'),
    ', "git_commit": ', json_text(git_commit),
    E'},\n'
) AS text
FROM lake.candidates
WHERE commit_id = $commit_id
ORDER BY "position";
