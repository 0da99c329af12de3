-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.outcomes
-- reads: copied
INSERT INTO lake.outcomes BY NAME
FROM copied;
