-- The values of a side's evidence at which a check turns: what to try when asking for the smallest change
-- of evidence that flips a route. Between two neighbours of one metric nothing turns. Distances of scores and stability
-- metrics are in their own units, of counts as a share of the larger one, of q-values in orders of magnitude, and 1 where a
-- word or a missing value changes.
-- example: side_checks: {score: 0.5, min_score: 0.75} → {metric: score, observed: 0.5, needed: 0.75, distance: 0.25}
-- makes: view turning_points
-- reads: experimental_ranks, explained_sides, pair_rules
CREATE OR REPLACE TEMP VIEW turning_points AS
WITH lane_edges AS (
    -- the score to beat for a place in the lane: the last that has one among the other experimental symbols
    SELECT l."position", x.score
    FROM pair_rules AS l
    LEFT JOIN experimental_ranks AS own USING ("position")
    JOIN (
        SELECT r.scenario, r.target, r.score, x.rank, x.room
        FROM experimental_ranks AS x JOIN pair_rules AS r USING ("position")
    ) AS x
        ON x.scenario = l.scenario AND x.target = l.target
        AND x.rank = CASE WHEN own.rank <= own.room THEN x.room + 1 ELSE x.room END
),
numbers AS MATERIALIZED (
    SELECT scenario, "position", side, target, symbol, lowest, highest, unnest([
        {'metric': score_metric, 'observed': score, 'turn': strong_score},
        {'metric': score_metric, 'observed': score, 'turn': min_score},
        {'metric': score_metric, 'observed': score, 'turn': experimental_min_score},
        {'metric': score_metric, 'observed': score, 'turn': edge},
        {'metric': score_metric, 'observed': score, 'turn': null_score + null_margin},
        {'metric': 'null_score', 'observed': null_score, 'turn': CASE WHEN null_margin IS NOT NULL THEN score - null_margin END},
        {'metric': q_metric, 'observed': q_value, 'turn': max_q_value},
        {'metric': 'effective_samples', 'observed': effective_samples, 'turn': min_effective},
        {'metric': 'stability_metrics.mean_overlap', 'observed': read_metrics.mean_overlap, 'turn': stable_overlap_min},
        {'metric': 'stability_metrics.mean_overlap', 'observed': read_metrics.mean_overlap, 'turn': drifting_overlap_min},
        {'metric': 'stability_metrics.mean_tau', 'observed': read_metrics.mean_tau, 'turn': stable_tau_min},
        {'metric': 'stability_metrics.mean_tau', 'observed': read_metrics.mean_tau, 'turn': drifting_tau_min},
        {'metric': 'stability_metrics.std_overlap', 'observed': read_metrics.std_overlap, 'turn': max_std_overlap},
        {'metric': 'stability_metrics.std_tau', 'observed': read_metrics.std_tau, 'turn': max_std_tau}
    ], recursive := true)
    FROM (
        SELECT e.*, l.score AS edge, CASE WHEN e.strict AND e.shrunken THEN 'shrunken_score' ELSE 'score' END AS score_metric FROM explained_sides AS e LEFT JOIN lane_edges AS l USING ("position")
    )
),
counts AS MATERIALIZED (
    SELECT scenario, "position", side, target, symbol, unnest([
        {'metric': 'sample_size', 'observed': sample_size, 'turn': base_sample_size},
        {'metric': 'sample_size', 'observed': sample_size, 'turn': CASE WHEN dev_mode THEN dev_mode_min_sample_size END},
        {'metric': 'sample_size', 'observed': sample_size, 'turn': CASE WHEN dev_mode THEN 5000 END},
        {'metric': 'stability_snapshots', 'observed': stability_snapshots, 'turn': min_snapshots}
    ], recursive := true)
    FROM explained_sides
),
words AS (
    SELECT scenario, "position", side, target, symbol, 'stability' AS metric, stated_stability AS observed,
           unnest(['STABLE', 'DRIFTING', 'DIVERGED', 'UNKNOWN']) AS turn
    FROM explained_sides
    UNION ALL
    SELECT scenario, "position", side, target, symbol, 'leakage_status', leakage_status,
           unnest(['SAFE', 'SUSPECT', 'BLOCKED', 'UNKNOWN'])
    FROM explained_sides
    UNION ALL
    SELECT scenario, "position", side, target, symbol, 'model_status', model_status, unnest(['OK', 'FAILED'])
    FROM explained_sides
),
tries AS (
    SELECT scenario, "position", side, target, symbol, metric, to_json(observed) AS observed, to_json(needed) AS needed,
           coalesce(CASE WHEN starts_with(metric, 'q_value') AND observed IS NOT NULL
                         THEN abs(log10(greatest(needed, 1e-300)) - log10(greatest(observed, 1e-300)))
                         ELSE abs(needed - observed) / CASE metric WHEN 'effective_samples' THEN greatest(needed, observed) ELSE 1 END
                         END, 1.0) AS distance
    FROM (
        -- a score that its metric cannot have is tried at the end of its range, where it may turn as well
        SELECT * REPLACE (CASE WHEN metric IN ('score', 'shrunken_score', 'null_score') AND needed IS NOT NULL
                               THEN least(greatest(needed, lowest), highest) ELSE needed END AS needed)
        FROM (
            SELECT *, unnest([turn, nextafter(turn, CASE WHEN observed > turn THEN '-inf' ELSE 'inf' END::DOUBLE)]) AS needed
            FROM numbers
            UNION ALL
            SELECT *, nextafter(turn, '-inf'::DOUBLE) FROM numbers WHERE observed = turn
            UNION ALL
            -- because a null turns where a sum with it does, which is rounded
            SELECT *, unnest([
                nextafter(turn, '-inf'::DOUBLE), nextafter(nextafter(turn, '-inf'::DOUBLE), '-inf'::DOUBLE),
                nextafter(turn, 'inf'::DOUBLE), nextafter(nextafter(turn, 'inf'::DOUBLE), 'inf'::DOUBLE)
            ])
            FROM numbers WHERE metric = 'null_score'
        )
    )
    WHERE isfinite(needed) AND coalesce(isfinite(observed) AND needed <> observed, metric IN ('score', 'shrunken_score', 'null_score', 'effective_samples') OR starts_with(metric, 'q_value'))
    UNION
    SELECT scenario, "position", side, target, symbol, metric, to_json(observed), to_json(needed),
           coalesce(abs(needed - observed) / greatest(needed, observed), 1.0)
    FROM (SELECT *, unnest([turn - 1, turn]) AS needed FROM counts)
    WHERE needed >= 0 AND needed IS DISTINCT FROM observed
    UNION
    SELECT scenario, "position", side, target, symbol, metric, to_json(observed), to_json(turn), 1.0
    FROM words
    WHERE turn IS DISTINCT FROM observed
)
FROM tries;
