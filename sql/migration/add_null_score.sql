-- Format 2: candidates carry the score of the same fit on labels moved in time. Rows that are there already have none.
-- changes: lake.candidates
-- reads: nothing
ALTER TABLE lake.candidates ADD COLUMN IF NOT EXISTS null_score DOUBLE;
