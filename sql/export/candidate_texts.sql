-- Each candidate of a run as it stands in routing_candidates.json, with the comma and line end that part it from the
-- next; a score that JSON has no word for is null.
SELECT concat(
    E'\t{"target":', to_json(target),
    ',"symbol":', coalesce(to_json(symbol), 'null'),
    ',"mode":', to_json(mode),
    ',"score":', coalesce(to_json(CASE WHEN isfinite(score) THEN score END), 'null'),
    ',"score_ci_low":', coalesce(to_json(CASE WHEN isfinite(score_ci_low) THEN score_ci_low END), 'null'),
    ',"score_ci_high":', coalesce(to_json(CASE WHEN isfinite(score_ci_high) THEN score_ci_high END), 'null'),
    ',"null_score":', coalesce(to_json(CASE WHEN isfinite(null_score) THEN null_score END), 'null'),
    ',"stability":', to_json(stability),
    ',"sample_size":', sample_size,
    ',"leakage_status":', to_json(leakage_status),
    ',"feature_set_id":', coalesce(to_json(feature_set_id), 'null'),
    ',"failed_model_families":', coalesce(to_json(failed_model_families), 'null'),
    ',"stability_metrics":', coalesce(to_json(stability_metrics), 'null'),
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
