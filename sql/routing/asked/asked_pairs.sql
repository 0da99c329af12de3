-- Only pairs that are asked about are decided; what others come to does not matter when all have their ranks. One digest may
-- stand for several pairs: too many stay, never too few.
-- example: asked: {target: a, symbol: A}, signal_states: [{position: 1, target: a, symbol: A}, {position: 2, target: a, symbol: B}]
-- example: → {position: 1}
-- changes: signal_states
-- reads: asked
DELETE FROM signal_states
WHERE side = 'symbol' AND hash(target, symbol) NOT IN (SELECT hash(target, symbol) FROM asked);
