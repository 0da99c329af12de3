-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.policies
FROM lake.policies WHERE starts_with(filename, 'ducklake_inlined_data');
