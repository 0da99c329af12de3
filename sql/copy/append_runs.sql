-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.runs
-- reads: copied
INSERT INTO lake.runs BY NAME
FROM copied;
