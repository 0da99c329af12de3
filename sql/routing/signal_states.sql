-- The states that the rules for pairs go by: those of all sides.
-- makes: table signal_states
-- reads: side_states
CREATE OR REPLACE TEMP TABLE signal_states AS FROM side_states;
