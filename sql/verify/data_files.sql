-- Every parquet file of current rows: its path and its properties in the catalog.
-- makes: rows
-- reads: catalog.ducklake_data_file, catalog.ducklake_schema, catalog.ducklake_table
SELECT f.data_file_id, t.table_name AS "table",
       f.path_is_relative AND t.path_is_relative AND s.path_is_relative AS is_inside,
       concat(s.path, t.path, f.path) AS path, f.record_count AS "rows", f.file_size_bytes AS size, f.footer_size
FROM __ducklake_metadata_lake.ducklake_data_file AS f
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
JOIN __ducklake_metadata_lake.ducklake_schema AS s USING (schema_id)
WHERE f.end_snapshot IS NULL AND t.end_snapshot IS NULL
ORDER BY f.data_file_id;
