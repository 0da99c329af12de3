-- The policy's single values, one row a scenario. A document is read once for all of them, because that takes longest.
-- example: scenarios: {document: {semantics: strict, both_strong_behavior: PREFER_CS}} → {strict: true, both_strong_behavior: PREFER_CS}
-- makes: table policy_settings
-- reads: scenarios
CREATE OR REPLACE TEMP TABLE policy_settings AS
SELECT
    semantics = 'strict'                                  AS strict,
    dev_mode,
    dev_mode_min_sample_size,
    block_on_leakage,
    both_strong_behavior,
    enable_experimental_lane                              AS experimental_lane,
    experimental.allowed_stabilities                      AS experimental_stabilities,
    experimental.max_fraction_symbols_per_target          AS experimental_fraction,
    require_safe_features_only                            AS safe_features_only,
    allowed_feature_leakage_status                        AS allowed_leakage,
    require_min_successful_families                       AS min_successful_families,
    stability_classification.stable_overlap_min           AS stable_overlap_min,
    stability_classification.drifting_overlap_min         AS drifting_overlap_min,
    stability_classification.stable_tau_min               AS stable_tau_min,
    stability_classification.drifting_tau_min             AS drifting_tau_min,
    stability_classification.max_std_overlap              AS max_std_overlap,
    stability_classification.max_std_tau                  AS max_std_tau,
    stability_classification.min_snapshots_for_stability  AS min_snapshots,
    horizon.same_day                                      AS same_day_minutes,
    coalesce(score = 'shrunken', false)                   AS shrunken,
    max_false_discovery_rate                              AS max_q_value,
    concat('q_value', CASE WHEN false_discovery_method = 'by' THEN '_by' END, CASE WHEN count_trials THEN '_over_trials' END)
                                                          AS q_metric,
    scenario
FROM (
    SELECT scenario, unnest(from_json(document, '{
        "semantics": "VARCHAR",
        "dev_mode": "BOOLEAN",
        "dev_mode_min_sample_size": "BIGINT",
        "block_on_leakage": "BOOLEAN",
        "both_strong_behavior": "VARCHAR",
        "enable_experimental_lane": "BOOLEAN",
        "experimental": {"allowed_stabilities": ["VARCHAR"], "max_fraction_symbols_per_target": "DOUBLE"},
        "require_safe_features_only": "BOOLEAN",
        "allowed_feature_leakage_status": ["VARCHAR"],
        "require_min_successful_families": "BIGINT",
        "stability_classification": {
            "stable_overlap_min": "DOUBLE", "drifting_overlap_min": "DOUBLE",
            "stable_tau_min": "DOUBLE", "drifting_tau_min": "DOUBLE",
            "max_std_overlap": "DOUBLE", "max_std_tau": "DOUBLE",
            "min_snapshots_for_stability": "BIGINT"
        },
        "horizon": {"same_day": "DOUBLE"},
        "score": "VARCHAR",
        "max_false_discovery_rate": "DOUBLE",
        "false_discovery_method": "VARCHAR",
        "count_trials": "BOOLEAN"
    }'))
    FROM scenarios
);
