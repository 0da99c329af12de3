-- Commits of another ledger, as they are there, which come in order.
-- appends to: lake.commits
-- reads: copied
INSERT INTO lake.commits BY NAME
FROM copied;
