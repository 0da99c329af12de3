-- What each side is measured with: the thresholds of its policy, and which of its checks it passes.
-- example: policy_thresholds: {side: symbol, tier: short, strong_score: 0.8, min_score: 0.7}, side_evidence: {score: 0.75, stability: DRIFTING}
-- example: → {score: 0.75, stability: DRIFTING, strong_score: 0.8, min_score: 0.7, stability_allowed: false}
-- makes: view side_checks
-- reads: model_families, side_evidence, target_sides, family_name()
CREATE OR REPLACE TEMP VIEW side_checks AS
SELECT
    e.*, t.tier, t.strong_score, t.min_score, t.experimental_min_score, t.null_margin, t.min_effective,
    CASE
        WHEN t.dev_mode AND e.side = 'cross_sectional'
            THEN least(t.base_sample_size, greatest(t.dev_mode_min_sample_size, e.sample_size // 10, 5000))
        ELSE t.base_sample_size
    END AS min_sample_size,
    CASE e.stability
        WHEN 'STABLE'   THEN t.allows_stable
        WHEN 'DRIFTING' THEN t.allows_drifting
        WHEN 'DIVERGED' THEN t.allows_diverged
        WHEN 'UNKNOWN'  THEN t.allows_unknown
            OR (t.dev_mode AND e.side = 'cross_sectional' AND e.sample_size < t.base_sample_size)
        ELSE false
    END AS stability_allowed,
    t.block_on_leakage AND e.leakage_status = 'BLOCKED' AS leaks,
    t.strict AND coalesce(e.model_status = 'FAILED', false) AS model_failed,
    t.strict AND t.safe_features_only AND NOT list_contains(t.asked_leakage, e.leakage_status) AS unsafe_features,
    CASE
        WHEN f.families IS NOT NULL THEN len(list_filter(f.families, lambda family: NOT list_contains(
            list_transform(e.failed_model_families, lambda name: family_name(name)), family)))
        ELSE t.family_count
    END AS working_families,
    t.strict AND t.family_count IS NOT NULL AND working_families < t.min_successful_families AS too_few_families,
    t.experimental_lane AND e.score >= t.experimental_min_score
        AND CASE e.stability
            WHEN 'STABLE'   THEN t.lane_allows_stable
            WHEN 'DRIFTING' THEN t.lane_allows_drifting
            WHEN 'DIVERGED' THEN t.lane_allows_diverged
            WHEN 'UNKNOWN'  THEN t.lane_allows_unknown
            ELSE false
        END AS experimental,
    t.strict AND t.null_margin IS NOT NULL AND e.null_score IS NULL AS no_null,
    t.strict AND coalesce(e.score < e.null_score + t.null_margin, false) AS within_null,
    t.strict AND t.min_effective IS NOT NULL AND e.effective_samples IS NULL AS no_effective,
    t.strict AND coalesce(e.effective_samples < t.min_effective, false) AS few_effective,
    t.strict AND t.max_q_value IS NOT NULL AND e.q_value IS NULL AS no_q_value,
    t.strict AND coalesce(e.q_value > t.max_q_value, false) AS above_q_value
FROM side_evidence AS e
JOIN target_sides AS t USING (scenario, target, side, task)
LEFT JOIN (SELECT scenario, list(family ORDER BY ordinal) AS families FROM model_families GROUP BY scenario) AS f
    ON f.scenario = CASE WHEN len(e.failed_model_families) > 0 THEN e.scenario END;
