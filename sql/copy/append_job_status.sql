-- Events of another ledger, as they are there, which come in order.
-- appends to: lake.job_status
-- reads: copied
INSERT INTO lake.job_status BY NAME
FROM copied;
