-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.overrides
-- reads: copied
INSERT INTO lake.overrides BY NAME
FROM copied;
