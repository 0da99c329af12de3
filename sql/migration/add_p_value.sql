-- Format 4: candidates have the probability that chance scores as high. Existing rows have none.
-- changes: lake.candidates
-- reads: nothing
ALTER TABLE lake.candidates ADD COLUMN IF NOT EXISTS p_value DOUBLE;
