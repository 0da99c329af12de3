-- The policy's single values, one row a scenario.
-- example: scenarios: {document: {semantics: strict, both_strong_behavior: PREFER_CS}} → {strict: true, both_strong_behavior: PREFER_CS}
-- makes: table policy_settings
-- reads: scenarios
CREATE OR REPLACE TEMP TABLE policy_settings AS
SELECT
    document->>'$.semantics' = 'strict'                                              AS strict,
    (document->>'$.dev_mode')::BOOLEAN                                               AS dev_mode,
    (document->>'$.dev_mode_min_sample_size')::BIGINT                                AS dev_mode_min_sample_size,
    (document->>'$.block_on_leakage')::BOOLEAN                                       AS block_on_leakage,
    document->>'$.both_strong_behavior'                                              AS both_strong_behavior,
    (document->>'$.enable_experimental_lane')::BOOLEAN                               AS experimental_lane,
    (document->'$.experimental.allowed_stabilities')::VARCHAR[]                      AS experimental_stabilities,
    (document->>'$.experimental.max_fraction_symbols_per_target')::DOUBLE            AS experimental_fraction,
    (document->>'$.require_safe_features_only')::BOOLEAN                             AS safe_features_only,
    (document->'$.allowed_feature_leakage_status')::VARCHAR[]                        AS allowed_leakage,
    (document->>'$.require_min_successful_families')::BIGINT                         AS min_successful_families,
    (document->>'$.stability_classification.stable_overlap_min')::DOUBLE             AS stable_overlap_min,
    (document->>'$.stability_classification.drifting_overlap_min')::DOUBLE           AS drifting_overlap_min,
    (document->>'$.stability_classification.stable_tau_min')::DOUBLE                 AS stable_tau_min,
    (document->>'$.stability_classification.drifting_tau_min')::DOUBLE               AS drifting_tau_min,
    (document->>'$.stability_classification.max_std_overlap')::DOUBLE                AS max_std_overlap,
    (document->>'$.stability_classification.max_std_tau')::DOUBLE                    AS max_std_tau,
    (document->>'$.stability_classification.min_snapshots_for_stability')::BIGINT    AS min_snapshots,
    (document->>'$.horizon.same_day')::DOUBLE                                        AS same_day_minutes,
    coalesce(document->>'$.score' = 'shrunken', false)                               AS shrunken,
    (document->>'$.max_false_discovery_rate')::DOUBLE                                AS max_q_value,
    concat('q_value', CASE WHEN document->>'$.false_discovery_method' = 'by' THEN '_by' END,
           CASE WHEN (document->>'$.count_trials')::BOOLEAN THEN '_over_trials' END) AS q_metric,
    scenario
FROM scenarios;
