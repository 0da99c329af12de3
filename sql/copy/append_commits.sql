-- Commits of another ledger, as they are there.
-- appends to: lake.commits
-- reads: copied
INSERT INTO lake.commits BY NAME
FROM copied ORDER BY commit_id;
