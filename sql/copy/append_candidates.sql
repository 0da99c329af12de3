-- Events of another ledger, as they are there.
-- appends to: lake.candidates
-- reads: copied
INSERT INTO lake.candidates BY NAME
FROM copied ORDER BY commit_id, "position";
