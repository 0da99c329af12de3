-- Format 5: candidates have the rate of false discoveries at which their p is a discovery. Existing rows have none.
-- changes: lake.candidates
-- reads: nothing
ALTER TABLE lake.candidates ADD COLUMN IF NOT EXISTS q_value DOUBLE;
