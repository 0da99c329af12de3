-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.decisions
-- reads: copied
INSERT INTO lake.decisions BY NAME
FROM copied;
