-- A projection may be dropped, because its events remain.
-- changes: lake.plan_documents
-- reads: nothing
DROP TABLE lake.plan_documents;
