-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.candidates
FROM lake.candidates WHERE starts_with(filename, 'ducklake_inlined_data');
