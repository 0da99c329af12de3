-- A projection may be dropped, because its events remain.
DROP TABLE lake.plan_documents;
