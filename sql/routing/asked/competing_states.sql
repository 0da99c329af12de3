-- Where a cross-sectional side is experimental, all pairs of its target compete for the lane. Few are, so that the others
-- are not looked at again.
-- example: signal_states: {side: cross_sectional, target: a, state: EXPERIMENTAL}, side_states: {target: a, symbol: A, state: STRONG}
-- example: → {target: a, symbol: A, state: STRONG}
-- appends to: signal_states
-- reads: side_states, signal_states
INSERT INTO signal_states
SELECT s.*
FROM side_states AS s
SEMI JOIN (FROM signal_states WHERE side = 'cross_sectional' AND state = 'EXPERIMENTAL') AS pooled USING (scenario, target)
ANTI JOIN signal_states AS there USING ("position");
