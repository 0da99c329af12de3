-- The candidates of a run as JSON records; a number that JSON has no word for is null.
SELECT concat('  ', {
    'target': target, 'symbol': symbol, 'mode': mode,
    'score': CASE WHEN isfinite(score) THEN score END,
    'score_ci_low': CASE WHEN isfinite(score_ci_low) THEN score_ci_low END,
    'score_ci_high': CASE WHEN isfinite(score_ci_high) THEN score_ci_high END,
    'stability': stability, 'sample_size': sample_size, 'leakage_status': leakage_status,
    'feature_set_id': feature_set_id, 'failed_model_families': failed_model_families,
    'stability_metrics': stability_metrics, 'stability_snapshots': stability_snapshots,
    'task_type': task_type, 'metric_name': metric_name, 'model_status': model_status,
    'timestamp': strftime(evidence_as_of, '%Y-%m-%dT%H:%M:%S.%fZ'), 'git_commit': git_commit
}::JSON, ',', chr(10)) AS text
FROM lake.candidates
WHERE commit_id = $commit_id
ORDER BY "position";
