-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.jobs
-- reads: copied
INSERT INTO lake.jobs BY NAME
FROM copied;
