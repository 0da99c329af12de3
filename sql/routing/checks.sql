-- Every check of a side, in the order in which the rules look at them: what was observed, what the policy asks for and
-- where it says so. A check that the policy does not ask for has no threshold and is passed.
-- example: side_checks: {score: 0.375, strong_score: 0.5} → {check: STRONG_SCORE, observed: 0.375, threshold: 0.5, passed: false}
-- makes: view checks
-- reads: experimental_ranks, explained_sides, pair_rules, scenarios, stated_task(), threshold_key(), threshold_source()
CREATE OR REPLACE TEMP VIEW checks AS
SELECT scenario, "position", side, target, symbol, ordinal,
       c."check", c.observed, c.threshold, c.passed, c.source
FROM (
    SELECT scenario, "position", side, target, symbol,
           generate_subscripts(listed, 1) AS ordinal, unnest(listed) AS c
    FROM (
        SELECT
            e.scenario, e."position", e.side, e.target, e.symbol,
            [
                {'check': 'TASK', 'observed': CASE WHEN NOT e.no_task THEN to_json(e.task) END,
                 'threshold': to_json('classification or regression'), 'passed': NOT e.no_task,
                 'source': CASE
                     WHEN NOT e.strict THEN 'task_type; semantics: reference'
                     WHEN stated_task(e.task_type) IS NOT NULL THEN concat('task_type ', e.task_type)
                     WHEN NOT e.no_task THEN concat('metric_name ', e.metric_name)
                     ELSE 'neither task_type nor metric_name says it' END},
                {'check': 'SAMPLE_SIZE', 'observed': to_json(e.sample_size), 'threshold': to_json(e.min_sample_size),
                 'passed': coalesce(e.sample_size >= e.min_sample_size, true),
                 'source': CASE
                     WHEN e.dev_mode AND e.side = 'cross_sectional' THEN format(
                         'dev_mode: the least of min_sample_size.cross_sectional ({}) and the most of dev_mode_min_sample_size ({}), a tenth of the rows and 5000',
                         e.base_sample_size, e.dev_mode_min_sample_size)
                     ELSE concat('min_sample_size.', e.side) END},
                {'check': 'EFFECTIVE_SAMPLES', 'observed': to_json(e.effective_samples),
                 'threshold': to_json(e.min_effective),
                 'passed': NOT coalesce(e.no_effective OR e.few_effective, false),
                 'source': CASE WHEN e.min_effective IS NULL THEN 'min_effective_samples: none'
                                WHEN e.no_effective THEN 'min_effective_samples; the candidate has no effective_samples'
                                ELSE threshold_key(q.document, 'min_effective_samples', e.task, e.tier) END},
                {'check': 'LEAKAGE', 'observed': to_json(e.leakage_status),
                 'threshold': CASE WHEN e.block_on_leakage THEN to_json('not BLOCKED') END,
                 'passed': NOT coalesce(e.leaks, false),
                 'source': concat('block_on_leakage: ', e.block_on_leakage)},
                {'check': 'MODEL_STATUS', 'observed': to_json(e.model_status),
                 'threshold': CASE WHEN e.strict THEN to_json('not FAILED') END,
                 'passed': NOT e.model_failed,
                 'source': CASE WHEN e.strict THEN 'semantics: strict' ELSE 'semantics: reference' END},
                {'check': 'SAFE_FEATURES', 'observed': to_json(e.leakage_status),
                 'threshold': CASE WHEN e.strict AND e.safe_features_only
                                   THEN to_json(array_to_string(e.allowed_leakage, ', ')) END,
                 'passed': NOT coalesce(e.unsafe_features, false),
                 'source': CASE WHEN e.strict AND e.safe_features_only THEN 'allowed_feature_leakage_status'
                                WHEN e.strict THEN 'require_safe_features_only: false'
                                ELSE 'semantics: reference' END},
                {'check': 'WORKING_FAMILIES', 'observed': to_json(e.working_families),
                 'threshold': CASE WHEN e.strict THEN to_json(e.min_successful_families) END,
                 'passed': NOT coalesce(e.too_few_families, false),
                 'source': CASE WHEN e.strict THEN 'require_min_successful_families' ELSE 'semantics: reference' END},
                {'check': 'NULL_MARGIN', 'observed': to_json(e.score),
                 'threshold': CASE WHEN e.no_null THEN to_json(format('a null_score and {:g}', e.null_margin))
                                   ELSE to_json(e.null_score + e.null_margin) END,
                 'passed': NOT e.no_null AND NOT e.within_null,
                 'source': CASE
                     WHEN e.null_margin IS NULL THEN 'min_margin_over_null: none'
                     WHEN e.no_null THEN 'min_margin_over_null; the candidate has no null_score'
                     ELSE format('{}: {:g} above the null_score of {:.6g}, the score of the same predictions on time-shifted labels',
                                 threshold_key(q.document, 'min_margin_over_null', e.task, e.tier), e.null_margin, e.null_score) END},
                {'check': 'FALSE_DISCOVERY', 'observed': to_json(e.q_value), 'threshold': to_json(e.max_q_value),
                 'passed': NOT coalesce(e.no_q_value OR e.above_q_value, false),
                 'source': CASE
                     WHEN e.max_q_value IS NULL THEN 'max_false_discovery_rate: none'
                     WHEN e.p_value IS NULL THEN 'max_false_discovery_rate; the candidate has no p_value'
                     WHEN e.no_q_value THEN 'max_false_discovery_rate; the run has no q-value over trials'
                     ELSE format('max_false_discovery_rate: the {} of p {:.3g}', e.q_metric, e.p_value) END},
                {'check': 'SHRUNKEN_SCORE', 'observed': to_json(e.shrunken_score),
                 'threshold': CASE WHEN e.strict AND e.shrunken THEN to_json('a shrunken_score') END,
                 'passed': NOT coalesce(e.no_shrunken, false),
                 'source': CASE WHEN e.no_shrunken THEN 'score: shrunken; the candidate has no null_sd'
                                WHEN e.strict AND e.shrunken THEN 'score: shrunken; thresholds are compared with it'
                                ELSE 'score: raw' END},
                {'check': 'STRONG_SCORE', 'observed': to_json(e.score), 'threshold': to_json(e.strong_score),
                 'passed': coalesce(e.score >= e.strong_score, false),
                 'source': threshold_source(q.document, e.side || '.strong_score', e.task, e.tier, e.minutes)},
                {'check': 'MIN_SCORE', 'observed': to_json(e.score), 'threshold': to_json(e.min_score),
                 'passed': coalesce(e.score >= e.min_score, false),
                 'source': threshold_source(q.document, e.side || '.min_score', e.task, e.tier, e.minutes)},
                {'check': 'STABILITY', 'observed': to_json(e.stability),
                 'threshold': to_json(array_to_string(e.allowed_stabilities, ', ')),
                 'passed': coalesce(e.stability_allowed, false),
                 'source': concat(
                     'stability_allowlist.', e.side,
                     CASE WHEN e.stability_allowed AND NOT list_contains(e.allowed_stabilities, e.stability)
                          THEN '; dev_mode lets UNKNOWN pass below the least sample' END,
                     CASE WHEN e.stated_stability = 'UNKNOWN' AND e.stability_metrics IS NOT NULL THEN format(
                         '; read from its metrics: overlap {} ± {}, tau {} ± {}',
                         coalesce(printf('%.3f', e.stability_metrics.mean_overlap), 'missing'),
                         coalesce(printf('%.3f', e.stability_metrics.std_overlap), 'missing'),
                         coalesce(printf('%.3f', e.stability_metrics.mean_tau), 'missing'),
                         coalesce(printf('%.3f', e.stability_metrics.std_tau), 'missing')) END)},
                {'check': 'EXPERIMENTAL_SCORE', 'observed': to_json(e.score),
                 'threshold': CASE WHEN e.experimental_lane THEN to_json(e.experimental_min_score) ELSE to_json('lane on') END,
                 'passed': coalesce(e.experimental_lane AND e.score >= e.experimental_min_score, false),
                 'source': CASE WHEN e.experimental_lane
                                THEN threshold_source(q.document, 'experimental.min_score', e.task, e.tier, e.minutes)
                                ELSE 'enable_experimental_lane: false' END},
                {'check': 'EXPERIMENTAL_STABILITY', 'observed': to_json(e.stability),
                 'threshold': CASE WHEN e.experimental_lane THEN to_json(array_to_string(e.experimental_stabilities, ', '))
                                   ELSE to_json('lane on') END,
                 'passed': e.experimental_lane AND list_contains(e.experimental_stabilities, e.stability),
                 'source': CASE WHEN e.experimental_lane THEN 'experimental.allowed_stabilities'
                                ELSE 'enable_experimental_lane: false' END}
            ] AS listed
        FROM explained_sides AS e
        JOIN scenarios AS q USING (scenario)
    )
)
UNION ALL
SELECT r.scenario, x."position", 'pair', r.target, r.symbol, 100, 'EXPERIMENTAL_LANE_ROOM',
       to_json(x.rank), to_json(x.room), x.rank <= x.room,
       format('experimental.max_fraction_symbols_per_target: {:g} of {} symbols; rank by score among this target''s experimental symbols',
              x.fraction, x.symbols)
FROM experimental_ranks AS x JOIN pair_rules AS r USING ("position");
