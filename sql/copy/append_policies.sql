-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.policies
-- reads: copied
INSERT INTO lake.policies BY NAME
FROM copied;
