-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.runs
FROM lake.runs WHERE starts_with(filename, 'ducklake_inlined_data');
