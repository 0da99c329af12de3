-- Each candidate of a run as it stands in routing_candidates.json, with the comma and line end that part it from the
-- next; a number that JSON has no word for is null. A column that a younger format added stands last. What was derived at the time
-- of the run is left out. A text is made by format, because concat reads the memory of a long one before it writes it, and
-- each new page then costs two faults.
-- makes: rows
-- reads: lake.candidates, $commit_id, $numbers
SELECT format(E'\t{},\n', to_json(c)::VARCHAR) AS text
FROM (
    SELECT target, symbol, mode, score, score_ci_low, score_ci_high, null_score, stability, sample_size, leakage_status,
           feature_set_id, failed_model_families,
           CASE WHEN stability_metrics IS NOT NULL THEN {
               'mean_overlap': CASE WHEN isfinite(stability_metrics.mean_overlap) THEN stability_metrics.mean_overlap END,
               'std_overlap': CASE WHEN isfinite(stability_metrics.std_overlap) THEN stability_metrics.std_overlap END,
               'mean_tau': CASE WHEN isfinite(stability_metrics.mean_tau) THEN stability_metrics.mean_tau END,
               'std_tau': CASE WHEN isfinite(stability_metrics.std_tau) THEN stability_metrics.std_tau END
           } END AS stability_metrics,
           stability_snapshots, task_type, metric_name, model_status,
           strftime(evidence_as_of, '%Y-%m-%dT%H:%M:%S.%fZ') AS "timestamp", git_commit,
           * EXCLUDE (
               commit_id, "position", target, symbol, mode, score, score_ci_low, score_ci_high, null_score, stability,
               sample_size, leakage_status, feature_set_id, failed_model_families, stability_metrics, stability_snapshots,
               task_type, metric_name, model_status, evidence_as_of, git_commit, q_value, q_value_by, q_value_over_trials,
               q_value_by_over_trials, shrunken_score
           )
    FROM (
        SELECT COLUMNS(lambda name: NOT list_contains($numbers, name) AND name <> 'run_id'), CASE WHEN isfinite(COLUMNS($numbers)) THEN COLUMNS($numbers) END
        FROM lake.candidates
        WHERE commit_id = $commit_id
    )
    ORDER BY "position"
) AS c;
