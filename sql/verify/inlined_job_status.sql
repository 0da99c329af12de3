-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.job_status
FROM lake.job_status WHERE starts_with(filename, 'ducklake_inlined_data');
