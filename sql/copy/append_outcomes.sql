-- Events of another ledger, as they are there.
-- appends to: lake.outcomes
-- reads: copied
INSERT INTO lake.outcomes BY NAME
FROM copied ORDER BY commit_id, "position";
