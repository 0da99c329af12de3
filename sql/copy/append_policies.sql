-- Events of another ledger, as they are there.
-- appends to: lake.policies
-- reads: copied
INSERT INTO lake.policies BY NAME
FROM copied ORDER BY commit_id, "position";
