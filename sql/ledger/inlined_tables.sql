-- The catalog's table that holds the inlined rows of each of the lake's tables, as their columns are now.
-- makes: rows
-- reads: catalog.ducklake_inlined_data_tables, catalog.ducklake_table
SELECT t.table_name AS "table", arg_max(i.table_name, i.schema_version) AS inlined
FROM __ducklake_metadata_lake.ducklake_inlined_data_tables AS i
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
WHERE t.end_snapshot IS NULL
GROUP BY t.table_name
ORDER BY t.table_name;
