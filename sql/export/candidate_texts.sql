-- Each candidate of a run as it stands in routing_candidates.json, with the comma and line end that part it from the
-- next; a number that JSON has no word for is null.
-- makes: rows
-- reads: lake.candidates, $commit_id
SELECT concat(
    E'\t{"target":', to_json(target),
    ',"symbol":', coalesce(to_json(symbol), 'null'),
    ',"mode":', coalesce(to_json(mode), 'null'),
    ',"score":', coalesce(to_json(CASE WHEN isfinite(score) THEN score END), 'null'),
    ',"score_ci_low":', coalesce(to_json(CASE WHEN isfinite(score_ci_low) THEN score_ci_low END), 'null'),
    ',"score_ci_high":', coalesce(to_json(CASE WHEN isfinite(score_ci_high) THEN score_ci_high END), 'null'),
    ',"null_score":', coalesce(to_json(CASE WHEN isfinite(null_score) THEN null_score END), 'null'),
    ',"stability":', coalesce(to_json(stability), 'null'),
    ',"sample_size":', coalesce(sample_size::VARCHAR, 'null'),
    ',"leakage_status":', coalesce(to_json(leakage_status), 'null'),
    ',"feature_set_id":', coalesce(to_json(feature_set_id), 'null'),
    ',"failed_model_families":', coalesce(to_json(failed_model_families), 'null'),
    ',"stability_metrics":', coalesce(to_json(CASE WHEN stability_metrics IS NOT NULL THEN {
        'mean_overlap': CASE WHEN isfinite(stability_metrics.mean_overlap) THEN stability_metrics.mean_overlap END,
        'std_overlap': CASE WHEN isfinite(stability_metrics.std_overlap) THEN stability_metrics.std_overlap END,
        'mean_tau': CASE WHEN isfinite(stability_metrics.mean_tau) THEN stability_metrics.mean_tau END,
        'std_tau': CASE WHEN isfinite(stability_metrics.std_tau) THEN stability_metrics.std_tau END
    } END), 'null'),
    ',"stability_snapshots":', coalesce(stability_snapshots::VARCHAR, 'null'),
    ',"task_type":', coalesce(to_json(task_type), 'null'),
    ',"metric_name":', coalesce(to_json(metric_name), 'null'),
    ',"model_status":', coalesce(to_json(model_status), 'null'),
    ',"timestamp":', coalesce(strftime(evidence_as_of, '"%Y-%m-%dT%H:%M:%S.%fZ"'), 'null'),
    ',"git_commit":', coalesce(to_json(git_commit), 'null'),
    E'},\n'
) AS text
FROM lake.candidates
WHERE commit_id = $commit_id
ORDER BY "position";
