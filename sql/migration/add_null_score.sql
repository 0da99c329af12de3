-- Format 2: candidates have the score of the same predictions on time-shifted labels. Existing rows have none.
-- changes: lake.candidates
-- reads: nothing
ALTER TABLE lake.candidates ADD COLUMN IF NOT EXISTS null_score DOUBLE;
