-- Format 5: candidates have the same over earlier runs. Existing rows have none.
-- changes: lake.candidates
-- reads: nothing
ALTER TABLE lake.candidates ADD COLUMN IF NOT EXISTS q_value_over_trials DOUBLE;
