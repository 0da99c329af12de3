-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.artifacts
FROM lake.artifacts WHERE starts_with(filename, 'ducklake_inlined_data');
