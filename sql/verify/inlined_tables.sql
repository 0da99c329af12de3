-- The catalog's tables of inlined rows, each with the table that its rows belong to and the snapshot where that begins.
-- makes: rows
-- reads: catalog.ducklake_inlined_data_tables, catalog.ducklake_table
SELECT t.table_name AS "table", i.table_name AS name, t.begin_snapshot
FROM __ducklake_metadata_lake.ducklake_inlined_data_tables AS i
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
WHERE t.end_snapshot IS NULL
ORDER BY i.table_id, i.schema_version;
