-- Keeps the documents of the plans published in a stretch of commits.
-- appends to: lake.plan_documents
-- reads: derived_plan_documents(), $first_commit, $last_commit
INSERT INTO lake.plan_documents
FROM derived_plan_documents($first_commit, $last_commit);
