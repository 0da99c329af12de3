-- Format 5: candidates have the score moved towards the mean of its target's symbols. Existing rows have none.
-- changes: lake.candidates
-- reads: nothing
ALTER TABLE lake.candidates ADD COLUMN IF NOT EXISTS shrunken_score DOUBLE;
