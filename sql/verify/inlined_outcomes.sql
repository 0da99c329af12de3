-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.outcomes
FROM lake.outcomes WHERE starts_with(filename, 'ducklake_inlined_data');
