-- Events of another ledger, as they are there.
-- appends to: lake.job_status
-- reads: copied
INSERT INTO lake.job_status BY NAME
FROM copied ORDER BY commit_id, "position";
