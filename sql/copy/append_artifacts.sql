-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.artifacts
-- reads: copied
INSERT INTO lake.artifacts BY NAME
FROM copied;
