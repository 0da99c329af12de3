-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.overrides
FROM lake.overrides WHERE starts_with(filename, 'ducklake_inlined_data');
