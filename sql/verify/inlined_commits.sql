-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.commits
FROM lake.commits WHERE starts_with(filename, 'ducklake_inlined_data');
