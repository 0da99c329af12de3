-- The rows of this table that lie inside the catalog.
-- makes: rows
-- reads: lake.plans
FROM lake.plans WHERE starts_with(filename, 'ducklake_inlined_data');
