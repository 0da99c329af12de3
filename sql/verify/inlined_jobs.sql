-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.jobs
FROM lake.jobs WHERE starts_with(filename, 'ducklake_inlined_data');
