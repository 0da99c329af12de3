-- Events of another ledger, as they are there.
-- appends to: lake.plans
-- reads: copied
INSERT INTO lake.plans BY NAME
FROM copied ORDER BY commit_id, "position";
