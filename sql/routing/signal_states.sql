-- How good each side is, and the check that decided it: the first that matches, in this order.
CREATE OR REPLACE TEMP TABLE signal_states AS
WITH checked AS (
    SELECT
        e.*, h.tier, t.strong_score, t.min_score, t.experimental_min_score,
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
        p.strict AND f.families IS NOT NULL AND CASE
            WHEN len(e.failed_model_families) > 0 THEN len(list_filter(f.families, lambda family: NOT list_contains(
                list_transform(e.failed_model_families, lambda name: family_name(name)), family)))
            ELSE len(f.families)
        END < p.min_successful_families AS too_few_families,
        p.experimental_lane AND e.score >= t.experimental_min_score
            AND list_contains(p.experimental_stabilities, e.stability) AS experimental,
        p.strict AND t.null_margin IS NOT NULL AND e.null_score IS NULL AS no_null,
        p.strict AND coalesce(e.score < e.null_score + t.null_margin, false) AS within_null
    FROM side_evidence AS e
    JOIN policy_sides AS s USING (side)
    JOIN target_horizons AS h USING (target)
    JOIN policy_thresholds AS t ON t.side = e.side AND t.task = e.task AND t.tier = h.tier,
    policy_settings AS p,
    (SELECT list(family ORDER BY ordinal) AS families FROM model_families) AS f
),
decided AS (
    SELECT *,
        CASE
            WHEN sample_size < min_sample_size                    THEN 'SAMPLE_SIZE'
            WHEN leaks                                            THEN 'LEAKAGE'
            WHEN model_failed                                     THEN 'MODEL_FAILED'
            WHEN unsafe_features                                  THEN 'UNSAFE_FEATURES'
            WHEN too_few_families                                 THEN 'TOO_FEW_FAMILIES'
            WHEN score IS NULL                                    THEN 'NO_SCORE'
            WHEN no_null                                          THEN 'NO_NULL'
            WHEN within_null                                      THEN 'NULL_MARGIN'
            WHEN score >= strong_score AND stability_allowed      THEN 'STRONG_SCORE'
            WHEN score >= min_score AND stability_allowed         THEN 'MIN_SCORE'
            WHEN experimental                                     THEN 'EXPERIMENTAL_LANE'
            WHEN stability_allowed                                THEN 'SCORE'
            ELSE 'STABILITY'
        END AS decided_by
    FROM checked
)
SELECT "position", side, target, symbol, task, score, sample_size, stability, decided_by,
       CASE decided_by
           WHEN 'STRONG_SCORE'      THEN 'STRONG'
           WHEN 'MIN_SCORE'         THEN 'WEAK_BUT_OK'
           WHEN 'EXPERIMENTAL_LANE' THEN 'EXPERIMENTAL'
           ELSE 'DISALLOWED'
       END AS state
FROM decided;
