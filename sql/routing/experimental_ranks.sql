-- The place of each experimental pair among those of its target, best local score first, ties by symbol,
-- and how many of them the lane has room for. The reference does not bound its lane. A target goes by the place where it
-- begins, because numbers are sooner sorted than names.
-- example: policy_settings: {experimental_fraction: 0.5}, targets: {symbols: 5}, pair_rules: {position: 3, symbol: C, score: 0.7}
-- example: → {position: 3, rank: 1, symbols: 5, fraction: 0.5, room: 2}
-- makes: table experimental_ranks
-- reads: pair_rules, policy_settings, targets
CREATE OR REPLACE TEMP TABLE experimental_ranks AS
SELECT
    r."position",
    row_number() OVER (PARTITION BY n.first_position ORDER BY r.score DESC NULLS LAST, r.symbol) AS rank,
    n.symbols,
    p.experimental_fraction AS fraction,
    floor(p.experimental_fraction * n.symbols + 1e-9)::BIGINT AS room
FROM pair_rules AS r
JOIN targets AS n USING (scenario, target)
JOIN policy_settings AS p USING (scenario)
WHERE p.strict AND r.rule = 'EXPERIMENTAL_LANE';
