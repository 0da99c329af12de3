-- The values of a policy's thresholds at which a check of a side turns, and of its other keys those that a side passes with
-- which it does not pass now: what to try when asking for the smallest change of policy that flips a route. Distances are
-- as those of turning_points.
-- example: side_checks: {score: 0.25, min_score: 0.125} → {key: symbol.min_score, current: 0.125, needed: 0.25, distance: 0.125}
-- makes: view policy_turning_points
-- reads: explained_sides, scenarios, threshold_key()
CREATE OR REPLACE TEMP VIEW policy_turning_points AS
WITH keys AS MATERIALIZED (
    SELECT k.*,
           threshold_key(document, side || '.strong_score', task, tier)  AS strong_key,
           threshold_key(document, side || '.min_score', task, tier)     AS min_key,
           threshold_key(document, 'experimental.min_score', task, tier) AS experimental_key,
           threshold_key(document, 'min_margin_over_null', task, tier)   AS margin_key,
           threshold_key(document, 'min_effective_samples', task, tier)  AS effective_key
    FROM (SELECT DISTINCT scenario, side, task, tier FROM explained_sides) AS k
    JOIN scenarios USING (scenario)
),
numbers AS MATERIALIZED (
    SELECT scenario, "position", side, target, symbol, strict, unnest([
        {'key': strong_key, 'current': strong_score, 'turn': score},
        {'key': min_key, 'current': min_score, 'turn': score},
        {'key': CASE WHEN experimental_lane THEN experimental_key END, 'current': experimental_min_score, 'turn': score},
        {'key': CASE WHEN null_margin IS NOT NULL THEN margin_key END, 'current': null_margin, 'turn': score - null_score},
        {'key': CASE WHEN max_q_value IS NOT NULL THEN 'max_false_discovery_rate' END, 'current': max_q_value, 'turn': q_value},
        {'key': CASE WHEN min_effective IS NOT NULL THEN effective_key END, 'current': min_effective, 'turn': effective_samples},
        {'key': 'stability_classification.stable_overlap_min', 'current': stable_overlap_min, 'turn': read_metrics.mean_overlap},
        {'key': 'stability_classification.drifting_overlap_min', 'current': drifting_overlap_min, 'turn': read_metrics.mean_overlap},
        {'key': 'stability_classification.stable_tau_min', 'current': stable_tau_min, 'turn': read_metrics.mean_tau},
        {'key': 'stability_classification.drifting_tau_min', 'current': drifting_tau_min, 'turn': read_metrics.mean_tau},
        {'key': 'stability_classification.max_std_overlap', 'current': max_std_overlap, 'turn': read_metrics.std_overlap},
        {'key': 'stability_classification.max_std_tau', 'current': max_std_tau, 'turn': read_metrics.std_tau},
        {'key': 'experimental.max_fraction_symbols_per_target', 'current': experimental_fraction, 'turn': (rank - 1e-9) / symbols}
    ], recursive := true)
    FROM explained_sides JOIN keys USING (scenario, side, task, tier)
),
counts AS MATERIALIZED (
    SELECT scenario, "position", side, target, symbol, unnest([
        {'key': 'min_sample_size.' || side, 'current': base_sample_size, 'turn': sample_size},
        {'key': CASE WHEN dev_mode THEN 'dev_mode_min_sample_size' END, 'current': dev_mode_min_sample_size,
         'turn': sample_size},
        {'key': CASE WHEN strict THEN 'stability_classification.min_snapshots_for_stability' END, 'current': min_snapshots,
         'turn': stability_snapshots},
        {'key': CASE WHEN strict THEN 'require_min_successful_families' END, 'current': min_successful_families,
         'turn': working_families}
    ], recursive := true)
    FROM explained_sides
),
words AS (
    SELECT scenario, "position", side, target, symbol, unnest([
        CASE WHEN no_null OR within_null
             THEN {'key': 'min_margin_over_null', 'current': document->'min_margin_over_null', 'needed': 'null'::JSON} END,
        CASE WHEN no_effective OR few_effective
             THEN {'key': 'min_effective_samples', 'current': document->'min_effective_samples', 'needed': 'null'::JSON} END,
        CASE WHEN no_q_value OR above_q_value
             THEN {'key': 'max_false_discovery_rate', 'current': to_json(max_q_value), 'needed': 'null'::JSON} END,
        CASE WHEN above_q_value AND starts_with(q_metric, 'q_value_by')
             THEN {'key': 'false_discovery_method', 'current': to_json('by'), 'needed': to_json('bh')} END,
        CASE WHEN (no_q_value OR above_q_value) AND ends_with(q_metric, '_over_trials')
             THEN {'key': 'count_trials', 'current': 'true'::JSON, 'needed': 'false'::JSON} END,
        CASE WHEN no_shrunken THEN {'key': 'score', 'current': to_json('shrunken'), 'needed': to_json('raw')} END,
        CASE WHEN leaks THEN {'key': 'block_on_leakage', 'current': 'true'::JSON, 'needed': 'false'::JSON} END,
        CASE WHEN unsafe_features THEN {'key': 'require_safe_features_only', 'current': 'true'::JSON, 'needed': 'false'::JSON} END,
        CASE WHEN unsafe_features
             THEN {'key': 'allowed_feature_leakage_status', 'current': to_json(allowed_leakage),
                   'needed': to_json(list_append(allowed_leakage, leakage_status))} END,
        CASE WHEN NOT stability_allowed
             THEN {'key': 'stability_allowlist.' || side, 'current': to_json(allowed_stabilities),
                   'needed': to_json(list_append(allowed_stabilities, stability))} END,
        CASE WHEN NOT experimental_lane THEN {'key': 'enable_experimental_lane', 'current': 'false'::JSON, 'needed': 'true'::JSON} END,
        CASE WHEN experimental_lane AND NOT list_contains(experimental_stabilities, stability)
             THEN {'key': 'experimental.allowed_stabilities', 'current': to_json(experimental_stabilities),
                   'needed': to_json(list_append(experimental_stabilities, stability))} END,
        CASE WHEN NOT dev_mode AND side = 'cross_sectional' AND sample_size < base_sample_size
             THEN {'key': 'dev_mode', 'current': 'false'::JSON, 'needed': 'true'::JSON} END
    ], recursive := true)
    FROM explained_sides JOIN scenarios USING (scenario)
),
tries AS (
    SELECT scenario, "position", side, target, symbol, "key", "current", needed, 1.0 AS distance
    FROM words
    WHERE "key" IS NOT NULL
    UNION
    SELECT scenario, "position", side, target, symbol, "key", to_json("current") AS "current", to_json(needed) AS needed,
           CASE WHEN "key" = 'max_false_discovery_rate'
                THEN abs(log10(greatest(needed, 1e-300)) - log10(greatest("current", 1e-300)))
                ELSE abs(needed - "current") / CASE WHEN starts_with("key", 'min_effective_samples') THEN greatest(needed, "current") ELSE 1 END
                END AS distance
    FROM (
        SELECT *, unnest([turn, nextafter(turn, CASE WHEN "current" > turn THEN '-inf' ELSE 'inf' END::DOUBLE)]) AS needed
        FROM numbers
        UNION ALL
        SELECT *, nextafter(turn, '-inf'::DOUBLE) FROM numbers WHERE "current" = turn
        UNION ALL
        -- because what these are compared with is rounded, their turns lie within a few of the last bits
        SELECT *, unnest([
            nextafter(turn, '-inf'::DOUBLE), nextafter(nextafter(turn, '-inf'::DOUBLE), '-inf'::DOUBLE),
            nextafter(turn, 'inf'::DOUBLE), nextafter(nextafter(turn, 'inf'::DOUBLE), 'inf'::DOUBLE)
        ])
        FROM numbers
        WHERE "key" = 'experimental.max_fraction_symbols_per_target' OR starts_with("key", 'min_margin_over_null')
        UNION ALL
        -- because thresholds that the reference rounds to 32 bits turn at the next number of 32 bits
        SELECT *, nextafter(turn::FLOAT, 'inf'::FLOAT)::DOUBLE
        FROM numbers
        WHERE NOT strict AND turn = TRY_CAST(turn AS FLOAT) AND "current" = TRY_CAST("current" AS FLOAT) AND abs(turn) < 1e38
    )
    WHERE "key" IS NOT NULL AND isfinite(needed) AND needed <> "current"
    UNION
    SELECT scenario, "position", side, target, symbol, "key", to_json("current"), to_json(needed),
           abs(needed - "current") / greatest(needed, "current")
    FROM (SELECT *, unnest([turn, turn + 1]) AS needed FROM counts)
    WHERE "key" IS NOT NULL AND needed <> "current"
)
FROM tries;
