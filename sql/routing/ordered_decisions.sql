-- The decisions of a run, and the two places that they are recorded in the order of: target by target, its cross-sectional
-- side (symbol null) first. What is sorted is narrow; afterwards come ranks, overrides, and what a target says of all its
-- pairs, put into words once. A join after a sort promises no order, but leaves long stretches in order.
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
        NULL::DOUBLE AS q_value, t.rule
    FROM pooled AS t
    UNION ALL
    SELECT
        r.scenario, h.first_position, r."position", r.symbol, r.local_state, r.local_stability, r.local_objection, r.score,
        r.local_q_value, coalesce(r.rule, 'NO_RULE_MATCH')
    FROM pair_rules AS r
    JOIN targets AS h USING (scenario, target)
    ORDER BY first_position, pair_position
),
complete AS (
    SELECT
        d.* REPLACE (CASE WHEN x.rank > x.room THEN 'EXPERIMENTAL_LANE_FULL' ELSE d.rule END AS rule),
        t.target, t.strict, t.cs_state, t.cs_stability, t.text, t.pair_text,
        CASE WHEN x.rank > x.room
             THEN format(': rank {} of this target''s experimental symbols, room for {} ({} of {} symbols)',
                         x.rank, x.room, x.fraction, x.symbols) END AS note,
        CASE WHEN d.symbol IS NULL THEN c.override_id ELSE coalesce(o.override_id, w.override_id) END AS override_id,
        CASE WHEN d.symbol IS NULL THEN c.route ELSE coalesce(o.route, w.route) END AS override_route,
        CASE WHEN d.symbol IS NULL         THEN c.text
             WHEN o.override_id IS NOT NULL THEN override_text(o.route, o.author, o.reason, o.expires_at)
             WHEN w.override_id IS NOT NULL THEN override_text(w.route, w.author, w.reason, w.expires_at) END AS override_text
    FROM ordered AS d
    JOIN pooled AS t USING (scenario, first_position)
    LEFT JOIN experimental_ranks AS x ON x."position" = d.pair_position
    LEFT JOIN cs_overrides AS c ON c.scenario = d.scenario AND c.target = t.target
    LEFT JOIN (FROM scenario_overrides WHERE symbol IS NOT NULL) AS o
        ON o.scenario = d.scenario AND o.target = t.target AND o.symbol = d.symbol
    LEFT JOIN (FROM scenario_overrides WHERE symbol IS NULL) AS w ON w.scenario = d.scenario AND w.target = t.target
)
SELECT
    target, symbol,
    CASE
        WHEN override_id IS NOT NULL  THEN override_route
        WHEN symbol IS NOT NULL       THEN rule_route(rule)
        WHEN cs_state = 'DISALLOWED'  THEN 'DISABLED'
        ELSE 'ENABLED'
    END AS route,
    cs_state, local_state, cs_stability, local_stability,
    CASE WHEN override_id IS NOT NULL THEN 'OVERRIDE' ELSE rule END AS rule,
    CASE
        WHEN symbol IS NULL THEN [concat(text, '; ' || override_text)]
        ELSE [
            pair_text,
            concat('LOCAL: ', local_state, ' (score=', score_text(score), q_value_text(q_value), ', stability=', local_stability,
                   CASE WHEN strict THEN '; ' || local_objection END, ')'),
            concat(override_text || '; by the rules: ', rule_text(rule), note)
        ]
    END AS reasons,
    override_id,
    scenario, first_position, pair_position
FROM complete;
