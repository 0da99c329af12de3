-- The states that the rules for pairs go by: those of all sides.
CREATE OR REPLACE TEMP TABLE signal_states AS FROM side_states;
