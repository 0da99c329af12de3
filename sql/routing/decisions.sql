-- The decisions of a run, in the order they are recorded: target by target, its cross-sectional side first.
CREATE OR REPLACE TEMP TABLE decisions AS
WITH targets AS (
    SELECT h.target, h.first_position, cs.state, cs.stability,
           CASE WHEN cs.target IS NULL THEN 'No CS metrics'
                ELSE concat('score=', score_text(cs.score), ', stability=', cs.stability, ', sample_size=', cs.sample_size)
           END AS enabled_reason,
           CASE WHEN cs.target IS NULL THEN 'CS: No metrics available'
                ELSE concat('CS: ', cs.state, ' (score=', score_text(cs.score), ', stability=', cs.stability, ')')
           END AS cs_reason
    FROM target_horizons AS h
    LEFT JOIN (FROM signal_states WHERE side = 'cross_sectional') AS cs USING (target)
),
pairs AS (
    SELECT r.*,
           CASE WHEN x.rank > x.room THEN 'EXPERIMENTAL_LANE_FULL' ELSE coalesce(r.rule, 'NO_RULE_MATCH') END AS final_rule,
           CASE WHEN x.rank > x.room
                THEN format(': rank {} of this target''s experimental symbols, room for {} ({} of {} symbols)',
                            x.rank, x.room, x.fraction, x.symbols)
                ELSE '' END AS detail
    FROM pair_rules AS r LEFT JOIN experimental_ranks AS x USING ("position")
)
SELECT row_number() OVER () AS "position", * EXCLUDE (first_position, pair_position)
FROM (
    SELECT
        t.first_position, -1 AS pair_position, t.target, NULL::VARCHAR AS symbol,
        CASE WHEN coalesce(t.state, 'DISALLOWED') = 'DISALLOWED' THEN 'DISABLED' ELSE 'ENABLED' END AS route,
        coalesce(t.state, 'DISALLOWED') AS cs_state, NULL::VARCHAR AS local_state,
        t.stability AS cs_stability, NULL::VARCHAR AS local_stability,
        CASE
            WHEN t.state IS NULL          THEN 'CS_NO_EVIDENCE'
            WHEN t.state = 'DISALLOWED'   THEN 'CS_DISALLOWED'
            WHEN t.state = 'EXPERIMENTAL' THEN 'CS_EXPERIMENTAL'
            ELSE 'CS_ENABLED'
        END AS rule,
        [t.enabled_reason] AS reasons, NULL::VARCHAR AS override_id
    FROM targets AS t
    UNION ALL
    SELECT
        t.first_position, p."position", p.target, p.symbol, x.route,
        p.cs_state, p.local_state, p.cs_stability, p.local_stability, p.final_rule AS rule,
        [
            t.cs_reason,
            concat('LOCAL: ', p.local_state, ' (score=', score_text(p.score), ', stability=', p.local_stability, ')'),
            concat(x.text, p.detail)
        ] AS reasons,
        NULL::VARCHAR AS override_id
    FROM pairs AS p
    JOIN targets AS t USING (target)
    JOIN rule_texts AS x ON x.rule = p.final_rule
    ORDER BY first_position, pair_position
);
