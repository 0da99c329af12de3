-- Recorded candidates, as they are, into the lake in memory.
-- appends to: lake.candidates
-- reads: copied_candidates
INSERT INTO lake.candidates BY NAME FROM copied_candidates;
