-- Events of another ledger, as they are there.
-- appends to: lake.decisions
-- reads: copied
INSERT INTO lake.decisions BY NAME
FROM copied ORDER BY commit_id, "position";
