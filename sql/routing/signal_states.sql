-- The states that the rules for pairs go by: those of all sides.
-- example: side_states: {position: 2, side: symbol, target: a, symbol: A, state: DISALLOWED}
-- example: → {position: 2, side: symbol, target: a, symbol: A, state: DISALLOWED}
-- makes: table signal_states
-- reads: side_states
CREATE OR REPLACE TEMP TABLE signal_states AS FROM side_states;
