-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.plan_documents
FROM lake.plan_documents WHERE starts_with(filename, 'ducklake_inlined_data');
