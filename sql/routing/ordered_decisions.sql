-- The decisions of a run, and the two places that they are recorded in the order of: target by target, its cross-sectional
-- side (symbol null) first. What is sorted is narrow; afterwards comes what a target says of all its pairs, put into words
-- once, and texts are made, but for the notes that only some rows have. A join after a sort promises no order, but leaves
-- long stretches in order.
-- example: signal_states: {side: cross_sectional, target: a, score: 0.6125, sample_size: 9000, stability: STABLE, state: STRONG}
-- example: → {target: a, route: ENABLED, rule: CS_ENABLED, reasons: ["score=0.613, stability=STABLE, sample_size=9000"]}
-- makes: view ordered_decisions
-- reads: cs_overrides, experimental_ranks, pair_rules, policy_settings, scenario_overrides, signal_states, targets, override_text(), q_value_text(), rule_route(), rule_text(), score_text()
CREATE OR REPLACE TEMP VIEW ordered_decisions AS
WITH pooled AS MATERIALIZED (
    SELECT
        h.scenario, h.first_position, h.target, p.strict, coalesce(cs.state, 'DISALLOWED') AS cs_state, cs.stability AS cs_stability,
        CASE WHEN cs.state IS NULL          THEN 'CS_NO_EVIDENCE'
             WHEN cs.state = 'DISALLOWED'   THEN 'CS_DISALLOWED'
             WHEN cs.state = 'EXPERIMENTAL' THEN 'CS_EXPERIMENTAL'
             ELSE 'CS_ENABLED' END AS rule,
        CASE WHEN cs.stability IS NULL THEN 'No CS metrics'
             ELSE concat('score=', score_text(cs.score), q_value_text(cs.q_value), ', stability=', cs.stability, ', sample_size=', cs.sample_size,
                         CASE WHEN p.strict THEN '; ' || cs.objection END)
             END AS text,
        CASE WHEN cs.stability IS NULL THEN 'CS: No metrics available'
             ELSE concat('CS: ', cs.state, ' (score=', score_text(cs.score), q_value_text(cs.q_value), ', stability=', cs.stability,
                         CASE WHEN p.strict THEN '; ' || cs.objection END, ')')
             END AS pair_text
    FROM targets AS h
    JOIN policy_settings AS p USING (scenario)
    LEFT JOIN (FROM signal_states WHERE side = 'cross_sectional') AS cs USING (scenario, target)
),
ordered AS (
    SELECT
        t.scenario, t.first_position, -1 AS pair_position, NULL::VARCHAR AS symbol, NULL::VARCHAR AS local_state,
        NULL::VARCHAR AS local_stability, NULL::VARCHAR AS local_objection, NULL::DOUBLE AS score,
        NULL::DOUBLE AS q_value, t.rule, NULL::VARCHAR AS note,
        o.override_id, o.route AS override_route, o.text AS override_text
    FROM pooled AS t
    LEFT JOIN cs_overrides AS o USING (scenario, target)
    UNION ALL
    SELECT
        r.scenario, h.first_position, r."position", r.symbol, r.local_state, r.local_stability, r.local_objection, r.score, r.local_q_value,
        CASE WHEN x.rank > x.room THEN 'EXPERIMENTAL_LANE_FULL' ELSE coalesce(r.rule, 'NO_RULE_MATCH') END,
        CASE WHEN x.rank > x.room
             THEN format(': rank {} of this target''s experimental symbols, room for {} ({} of {} symbols)',
                         x.rank, x.room, x.fraction, x.symbols) END,
        coalesce(o.override_id, t.override_id), coalesce(o.route, t.route),
        CASE WHEN o.override_id IS NOT NULL THEN override_text(o.route, o.author, o.reason, o.expires_at)
             WHEN t.override_id IS NOT NULL THEN override_text(t.route, t.author, t.reason, t.expires_at) END
    FROM pair_rules AS r
    JOIN targets AS h USING (scenario, target)
    LEFT JOIN experimental_ranks AS x USING ("position")
    LEFT JOIN (FROM scenario_overrides WHERE symbol IS NOT NULL) AS o
        ON o.scenario = r.scenario AND o.target = r.target AND o.symbol = r.symbol
    LEFT JOIN (FROM scenario_overrides WHERE symbol IS NULL) AS t ON t.scenario = r.scenario AND t.target = r.target
    ORDER BY first_position, pair_position
)
SELECT
    t.target, d.symbol,
    CASE
        WHEN d.override_id IS NOT NULL  THEN d.override_route
        WHEN d.symbol IS NOT NULL       THEN rule_route(d.rule)
        WHEN t.cs_state = 'DISALLOWED'  THEN 'DISABLED'
        ELSE 'ENABLED'
    END AS route,
    t.cs_state, d.local_state, t.cs_stability, d.local_stability,
    CASE WHEN d.override_id IS NOT NULL THEN 'OVERRIDE' ELSE d.rule END AS rule,
    CASE
        WHEN d.symbol IS NULL THEN [concat(t.text, '; ' || d.override_text)]
        ELSE [
            t.pair_text,
            concat('LOCAL: ', d.local_state, ' (score=', score_text(d.score), q_value_text(d.q_value), ', stability=', d.local_stability,
                   CASE WHEN t.strict THEN '; ' || d.local_objection END, ')'),
            concat(d.override_text || '; by the rules: ', rule_text(d.rule), d.note)
        ]
    END AS reasons,
    d.override_id,
    d.scenario, d.first_position, d.pair_position
FROM ordered AS d
JOIN pooled AS t USING (scenario, first_position);
