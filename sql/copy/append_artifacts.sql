-- Events of another ledger, as they are there.
-- appends to: lake.artifacts
-- reads: copied
INSERT INTO lake.artifacts BY NAME
FROM copied ORDER BY commit_id, "position";
