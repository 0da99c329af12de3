-- Format 4: candidates have an effective sample size. Existing rows have none.
-- changes: lake.candidates
-- reads: nothing
ALTER TABLE lake.candidates ADD COLUMN IF NOT EXISTS effective_samples DOUBLE;
