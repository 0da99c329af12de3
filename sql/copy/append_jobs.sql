-- Events of another ledger, as they are there.
-- appends to: lake.jobs
-- reads: copied
INSERT INTO lake.jobs BY NAME
FROM copied ORDER BY commit_id, "position";
