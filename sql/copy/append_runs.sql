-- Events of another ledger, as they are there.
-- appends to: lake.runs
-- reads: copied
INSERT INTO lake.runs BY NAME
FROM copied ORDER BY commit_id, "position";
