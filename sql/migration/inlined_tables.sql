-- The catalog's tables that hold inlined rows of one of the lake's tables: one for each version of its columns.
-- makes: rows
-- reads: catalog.ducklake_inlined_data_tables, catalog.ducklake_table, $table
SELECT i.table_name
FROM __ducklake_metadata_lake.ducklake_inlined_data_tables AS i
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
WHERE t.end_snapshot IS NULL AND t.table_name = $table
ORDER BY i.schema_version;
