-- Drops the states of all sides, which nothing reads once the decisions are made, to free their memory.
-- changes: signal_states
-- reads: nothing
DROP TABLE signal_states;
