-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.plans
-- reads: copied
INSERT INTO lake.plans BY NAME
FROM copied;
