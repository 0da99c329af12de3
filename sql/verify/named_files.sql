-- Every file that the catalog names, as a path in the folder of data: those that hold rows, those that did, and those that
-- a compaction will remove (is_scheduled), which may be gone already.
-- makes: rows
-- reads: catalog.ducklake_data_file, catalog.ducklake_delete_file, catalog.ducklake_files_scheduled_for_deletion, catalog.ducklake_schema, catalog.ducklake_table
SELECT concat(s.path, t.path, f.path) AS path, false AS is_scheduled
FROM (
    SELECT table_id, path FROM __ducklake_metadata_lake.ducklake_data_file WHERE path_is_relative
    UNION ALL
    SELECT table_id, path FROM __ducklake_metadata_lake.ducklake_delete_file WHERE path_is_relative
) AS f
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
JOIN __ducklake_metadata_lake.ducklake_schema AS s USING (schema_id)
UNION
SELECT path, true FROM __ducklake_metadata_lake.ducklake_files_scheduled_for_deletion
ORDER BY path, is_scheduled;
