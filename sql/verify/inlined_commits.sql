-- The rows of this table that lie inside the catalog.
FROM lake.commits WHERE starts_with(filename, 'ducklake_inlined_data');
