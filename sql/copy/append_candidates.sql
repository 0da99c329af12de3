-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.candidates
-- reads: copied
INSERT INTO lake.candidates BY NAME
FROM copied;
