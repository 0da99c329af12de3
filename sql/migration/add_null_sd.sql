-- Format 4: candidates have the standard deviation of their null. Existing rows have none.
-- changes: lake.candidates
-- reads: nothing
ALTER TABLE lake.candidates ADD COLUMN IF NOT EXISTS null_sd DOUBLE;
