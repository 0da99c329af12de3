-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.decisions
FROM lake.decisions WHERE starts_with(filename, 'ducklake_inlined_data');
