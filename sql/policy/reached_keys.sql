-- The keys of a policy whose thresholds the evidence of scenarios was compared with, and whether it passed. A key is reached
-- where no earlier check has settled the signal state of the side.
-- example: explained_sides: {side: symbol, score: 0.5}, checks: {check: MIN_SCORE, passed: false} → {key: symbol.min_score, passed: false}
-- makes: rows
-- reads: checks, explained_sides, scenarios, threshold_key()
WITH judged AS (
    SELECT
        scenario, "position", side, "check", passed,
        coalesce(bool_and(passed) FILTER ("check" NOT IN (
            'STRONG_SCORE', 'MIN_SCORE', 'STABILITY', 'EXPERIMENTAL_SCORE', 'EXPERIMENTAL_STABILITY'
        )) OVER (one_side ORDER BY ordinal ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS unopposed,
        bool_or(passed) FILTER ("check" = 'STRONG_SCORE') OVER one_side AS strong,
        bool_or(passed) FILTER ("check" IN ('STRONG_SCORE', 'MIN_SCORE')) OVER one_side AS good,
        bool_or(passed) FILTER ("check" = 'STABILITY') OVER one_side AS stable,
        bool_or(passed) FILTER ("check" = 'EXPERIMENTAL_SCORE') OVER one_side AS promising
    FROM checks
    WHERE side <> 'pair'
    WINDOW one_side AS (PARTITION BY scenario, "position", side)
),
keyed AS (
    SELECT
        j.*, e.* EXCLUDE (scenario, "position", side),
        CASE j."check"
            WHEN 'SAMPLE_SIZE' THEN 'min_sample_size.' || j.side
            WHEN 'EFFECTIVE_SAMPLES' THEN CASE WHEN e.min_effective IS NOT NULL AND e.score IS NOT NULL
                                               THEN threshold_key(q.document, 'min_effective_samples', e.task, e.tier) END
            WHEN 'FALSE_DISCOVERY' THEN CASE WHEN e.max_q_value IS NOT NULL AND e.score IS NOT NULL
                                             THEN 'max_false_discovery_rate' END
            WHEN 'LEAKAGE' THEN CASE WHEN e.block_on_leakage THEN 'block_on_leakage' END
            WHEN 'SAFE_FEATURES' THEN CASE WHEN e.strict AND e.safe_features_only THEN 'allowed_feature_leakage_status' END
            WHEN 'WORKING_FAMILIES' THEN CASE WHEN e.strict THEN 'require_min_successful_families' END
            WHEN 'NULL_MARGIN' THEN CASE WHEN e.null_margin IS NOT NULL AND e.score IS NOT NULL
                                         THEN threshold_key(q.document, 'min_margin_over_null', e.task, e.tier) END
            WHEN 'STRONG_SCORE' THEN CASE WHEN e.score IS NOT NULL
                                          THEN threshold_key(q.document, j.side || '.strong_score', e.task, e.tier) END
            WHEN 'MIN_SCORE' THEN CASE WHEN e.score IS NOT NULL AND NOT j.strong
                                       THEN threshold_key(q.document, j.side || '.min_score', e.task, e.tier) END
            WHEN 'STABILITY' THEN CASE WHEN j.good THEN 'stability_allowlist.' || j.side END
            WHEN 'EXPERIMENTAL_SCORE' THEN CASE WHEN e.experimental_lane AND e.score IS NOT NULL AND NOT (j.good AND j.stable)
                                                THEN threshold_key(q.document, 'experimental.min_score', e.task, e.tier) END
            WHEN 'EXPERIMENTAL_STABILITY' THEN CASE WHEN j.promising AND NOT (j.good AND j.stable)
                                                    THEN 'experimental.allowed_stabilities' END
        END AS "key"
    FROM judged AS j
    JOIN explained_sides AS e USING (scenario, "position", side)
    JOIN scenarios AS q USING (scenario)
    WHERE j.unopposed
)
SELECT DISTINCT scenario, "key", passed FROM keyed WHERE "key" IS NOT NULL
UNION
SELECT scenario, 'experimental.max_fraction_symbols_per_target', passed FROM checks WHERE "check" = 'EXPERIMENTAL_LANE_ROOM'
UNION
SELECT scenario, m."key", m.passed
FROM (
    SELECT scenario, unnest([
        {'key': 'stability_classification.min_snapshots_for_stability', 'passed': stability_snapshots >= min_snapshots},
        {'key': 'stability_classification.max_std_overlap',      'passed': read_metrics.std_overlap <= max_std_overlap},
        {'key': 'stability_classification.max_std_tau',          'passed': read_metrics.std_tau <= max_std_tau},
        {'key': 'stability_classification.stable_overlap_min',   'passed': read_metrics.mean_overlap >= stable_overlap_min},
        {'key': 'stability_classification.stable_tau_min',       'passed': read_metrics.mean_tau >= stable_tau_min},
        {'key': 'stability_classification.drifting_overlap_min', 'passed': read_metrics.mean_overlap >= drifting_overlap_min},
        {'key': 'stability_classification.drifting_tau_min',     'passed': read_metrics.mean_tau >= drifting_tau_min}
    ]) AS m
    FROM keyed
    WHERE ("key" IN ('stability_allowlist.cross_sectional', 'stability_allowlist.symbol') OR "key" = 'experimental.allowed_stabilities')
      AND read_metrics IS NOT NULL
)
WHERE m.passed IS NOT NULL
ORDER BY ALL;
