-- The rule that applies to each pair: first match wins. Strict semantics differ in two places: an experimental
-- side never gives a full route, and evidence that is missing is told apart from evidence that is not good enough.
-- example: signal_states: [{side: cross_sectional, target: strong, state: STRONG}, {side: symbol, symbol: C, state: EXPERIMENTAL}]
-- example: → {cs_state: STRONG, local_state: EXPERIMENTAL, rule: EXPERIMENTAL_LANE}
-- makes: view pair_rules
-- reads: policy_settings, signal_states
CREATE OR REPLACE TEMP VIEW pair_rules AS
SELECT
    l."position", l.target, l.symbol, l.score, l.q_value AS local_q_value, l.state AS local_state, l.stability AS local_stability,
    l.objection AS local_objection,
    coalesce(cs.state, 'DISALLOWED') AS cs_state, cs.stability AS cs_stability, cs.score AS cs_score,
    CASE
        WHEN p.strict AND l.score IS NULL AND cs.score IS NULL                            THEN 'NO_EVIDENCE'
        WHEN coalesce(cs.state, 'DISALLOWED') = 'DISALLOWED' AND l.state = 'DISALLOWED'    THEN 'BOTH_DISALLOWED'
        WHEN p.strict AND (cs.state = 'EXPERIMENTAL' OR l.state = 'EXPERIMENTAL')          THEN 'EXPERIMENTAL_LANE'
        WHEN coalesce(cs.state, 'DISALLOWED') = 'DISALLOWED'                               THEN 'LOCAL_ONLY'
        WHEN l.state = 'DISALLOWED'                                                        THEN 'CS_ONLY'
        WHEN cs.state = 'EXPERIMENTAL' OR l.state = 'EXPERIMENTAL'                         THEN 'EXPERIMENTAL_LANE'
        ELSE
            CASE WHEN p.strict AND cs.state = 'WEAK_BUT_OK' AND l.state = 'WEAK_BUT_OK' THEN b.eligible ELSE b.strong END
    END AS rule,
    l.scenario
FROM (FROM signal_states WHERE side = 'symbol') AS l
LEFT JOIN (FROM signal_states WHERE side = 'cross_sectional') AS cs ON cs.scenario = l.scenario AND cs.target = l.target
JOIN policy_settings AS p ON p.scenario = l.scenario
LEFT JOIN (VALUES
    ('ROUTE_BOTH',    'BOTH_STRONG',              'BOTH_ELIGIBLE'),
    ('PREFER_CS',     'BOTH_STRONG_PREFER_CS',    'BOTH_ELIGIBLE_PREFER_CS'),
    ('PREFER_SYMBOL', 'BOTH_STRONG_PREFER_LOCAL', 'BOTH_ELIGIBLE_PREFER_LOCAL')
) AS b(behavior, strong, eligible) ON b.behavior = p.both_strong_behavior;
