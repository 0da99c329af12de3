-- Events of another ledger, as they are there.
-- appends to: lake.overrides
-- reads: copied
INSERT INTO lake.overrides BY NAME
FROM copied ORDER BY commit_id, "position";
