-- The states that the rules for pairs go by where some pairs only are asked about: theirs, those of every cross-sectional
-- side, and those that compete with them for the lane, whatever the cross-sectional side comes to. One digest may stand for
-- several pairs: too many are there, never too few.
-- example: asked: {target: a, symbol: A}, side_states: [{position: 2, target: a, symbol: A}, {position: 4, target: a, symbol: C}]
-- example: → {position: 2}
-- makes: table signal_states
-- reads: asked, side_states
CREATE OR REPLACE TEMP TABLE signal_states AS
FROM side_states
WHERE side = 'cross_sectional' OR state = 'EXPERIMENTAL' OR hash(target, symbol) IN (SELECT hash(target, symbol) FROM asked);
