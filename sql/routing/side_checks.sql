-- What each side is measured with: the thresholds of its policy, and which of its checks it passes.
CREATE OR REPLACE TEMP VIEW side_checks AS
SELECT
    e.*, h.tier, t.strong_score, t.min_score, t.experimental_min_score, t.null_margin,
    CASE
        WHEN p.dev_mode AND e.side = 'cross_sectional'
            THEN least(s.min_sample_size, greatest(p.dev_mode_min_sample_size, e.sample_size // 10, 5000))
        ELSE s.min_sample_size
    END AS min_sample_size,
    list_contains(s.allowed_stabilities, e.stability)
        OR (p.dev_mode AND e.side = 'cross_sectional' AND e.stability = 'UNKNOWN'
            AND e.sample_size < s.min_sample_size) AS stability_allowed,
    p.block_on_leakage AND e.leakage_status = 'BLOCKED' AS leaks,
    p.strict AND coalesce(e.model_status = 'FAILED', false) AS model_failed,
    p.strict AND p.safe_features_only AND NOT list_contains(p.allowed_leakage, e.leakage_status) AS unsafe_features,
    CASE
        WHEN len(e.failed_model_families) > 0 THEN len(list_filter(f.families, lambda family: NOT list_contains(
            list_transform(e.failed_model_families, lambda name: family_name(name)), family)))
        ELSE len(f.families)
    END AS working_families,
    p.strict AND f.families IS NOT NULL AND working_families < p.min_successful_families AS too_few_families,
    p.experimental_lane AND e.score >= t.experimental_min_score
        AND list_contains(p.experimental_stabilities, e.stability) AS experimental,
    p.strict AND t.null_margin IS NOT NULL AND e.null_score IS NULL AS no_null,
    p.strict AND coalesce(e.score < e.null_score + t.null_margin, false) AS within_null
FROM side_evidence AS e
JOIN policy_sides AS s USING (scenario, side)
JOIN target_horizons AS h USING (scenario, target)
JOIN policy_thresholds AS t ON t.scenario = e.scenario AND t.side = e.side AND t.task = e.task AND t.tier = h.tier
JOIN policy_settings AS p USING (scenario)
LEFT JOIN (SELECT scenario, list(family ORDER BY ordinal) AS families FROM model_families GROUP BY scenario) AS f
    USING (scenario);
