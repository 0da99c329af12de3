-- Settings of the catalog, other than statistics, that make a query skip or reshape rows, and that planstore never makes.
-- makes: rows
-- reads: catalog.ducklake_data_file, catalog.ducklake_delete_file, catalog.ducklake_file_partition_value, catalog.ducklake_partition_info, catalog.ducklake_sort_info, catalog.ducklake_table
SELECT t.table_name AS "table", 'is said to be partitioned' AS problem
FROM __ducklake_metadata_lake.ducklake_partition_info AS p JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
UNION ALL
SELECT t.table_name, concat('has a file that is said to lie in a partition: ', f.path)
FROM __ducklake_metadata_lake.ducklake_data_file AS f JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
WHERE f.partition_id IS NOT NULL
   OR f.data_file_id IN (SELECT data_file_id FROM __ducklake_metadata_lake.ducklake_file_partition_value)
UNION ALL
SELECT t.table_name, concat('has a file whose columns are said to have other names: ', f.path)
FROM __ducklake_metadata_lake.ducklake_data_file AS f JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
WHERE f.mapping_id IS NOT NULL
UNION ALL
SELECT t.table_name, concat('has a file of deleted rows: ', d.path)
FROM __ducklake_metadata_lake.ducklake_delete_file AS d JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
UNION ALL
SELECT t.table_name, 'is said to be sorted'
FROM __ducklake_metadata_lake.ducklake_sort_info AS i JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
ORDER BY ALL;
