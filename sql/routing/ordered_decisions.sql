-- The decisions of a run, in the order they are recorded: target by target, its cross-sectional side (symbol null)
-- first. What is sorted is narrow; texts are made of it afterwards, but for the notes that only some rows have.
CREATE OR REPLACE TEMP VIEW ordered_decisions AS
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
        WHEN symbol IS NULL THEN [concat(note, '; ' || override_text)]
        ELSE [
            CASE WHEN cs_stability IS NULL THEN 'CS: No metrics available'
                 ELSE concat('CS: ', cs_state, ' (score=', score_text(cs_score), ', stability=', cs_stability, ')') END,
            concat('LOCAL: ', local_state, ' (score=', score_text(score), ', stability=', local_stability, ')'),
            concat(override_text || '; by the rules: ', rule_text(rule), note)
        ]
    END AS reasons,
    override_id,
    scenario
FROM (
    SELECT
        h.scenario, h.first_position, -1 AS pair_position, h.target, NULL::VARCHAR AS symbol,
        coalesce(cs.state, 'DISALLOWED') AS cs_state, NULL::VARCHAR AS local_state,
        cs.stability AS cs_stability, NULL::VARCHAR AS local_stability, NULL::DOUBLE AS cs_score, NULL::DOUBLE AS score,
        CASE
            WHEN cs.state IS NULL          THEN 'CS_NO_EVIDENCE'
            WHEN cs.state = 'DISALLOWED'   THEN 'CS_DISALLOWED'
            WHEN cs.state = 'EXPERIMENTAL' THEN 'CS_EXPERIMENTAL'
            ELSE 'CS_ENABLED'
        END AS rule,
        CASE
            WHEN cs.stability IS NULL THEN 'No CS metrics'
            ELSE concat('score=', score_text(cs.score), ', stability=', cs.stability, ', sample_size=', cs.sample_size)
        END AS note,
        o.override_id, o.route AS override_route, o.text AS override_text
    FROM target_horizons AS h
    LEFT JOIN (FROM signal_states WHERE side = 'cross_sectional') AS cs USING (scenario, target)
    LEFT JOIN cs_overrides AS o USING (scenario, target)
    UNION ALL
    SELECT
        r.scenario, h.first_position, r."position", r.target, r.symbol,
        r.cs_state, r.local_state, r.cs_stability, r.local_stability, r.cs_score, r.score,
        CASE WHEN x.rank > x.room THEN 'EXPERIMENTAL_LANE_FULL' ELSE coalesce(r.rule, 'NO_RULE_MATCH') END,
        CASE WHEN x.rank > x.room
             THEN format(': rank {} of this target''s experimental symbols, room for {} ({} of {} symbols)',
                         x.rank, x.room, x.fraction, x.symbols) END,
        coalesce(o.override_id, t.override_id), coalesce(o.route, t.route),
        CASE WHEN o.override_id IS NOT NULL THEN override_text(o.route, o.author, o.reason, o.expires_at)
             WHEN t.override_id IS NOT NULL THEN override_text(t.route, t.author, t.reason, t.expires_at) END
    FROM pair_rules AS r
    JOIN target_horizons AS h USING (scenario, target)
    LEFT JOIN experimental_ranks AS x USING ("position")
    LEFT JOIN (FROM scenario_overrides WHERE symbol IS NOT NULL) AS o
        ON o.scenario = r.scenario AND o.target = r.target AND o.symbol = r.symbol
    LEFT JOIN (FROM scenario_overrides WHERE symbol IS NULL) AS t ON t.scenario = r.scenario AND t.target = r.target
    ORDER BY first_position, pair_position
);
