-- Keeps the documents of the plans published in a stretch of commits.
INSERT INTO lake.plan_documents
FROM derived_plan_documents($first_commit, $last_commit);
