-- Objects of the catalog's database that DuckLake does not make: triggers, views, indexes, other tables, and tables with more
-- than columns, which could add, change or refuse values. DuckLake keeps inlined rows in tables that it lists.
-- makes: rows
-- reads: catalog.ducklake_inlined_data_tables
SELECT "type" AS kind, name
FROM sqlite_query('__ducklake_metadata_lake', 'SELECT type, name, sql FROM sqlite_master') AS o
WHERE NOT CASE "type"
    WHEN 'table' THEN regexp_full_match(
            "sql",
            'CREATE TABLE \w+\((("\w+"|\w+) (BIGINT|VARCHAR|DOUBLE|BLOB)( PRIMARY KEY| NOT NULL)?(, )?)+\)')
        AND (name IN (SELECT table_name FROM __ducklake_metadata_lake.ducklake_inlined_data_tables) OR name IN (
            'ducklake_column', 'ducklake_column_mapping', 'ducklake_column_tag', 'ducklake_data_file',
            'ducklake_delete_file', 'ducklake_file_column_stats', 'ducklake_file_partition_value',
            'ducklake_file_variant_stats', 'ducklake_files_scheduled_for_deletion', 'ducklake_inlined_data_tables',
            'ducklake_macro', 'ducklake_macro_impl', 'ducklake_macro_parameters', 'ducklake_metadata',
            'ducklake_name_mapping', 'ducklake_partition_column', 'ducklake_partition_info', 'ducklake_schema',
            'ducklake_schema_versions', 'ducklake_snapshot', 'ducklake_snapshot_changes', 'ducklake_sort_expression',
            'ducklake_sort_info', 'ducklake_table', 'ducklake_table_column_stats', 'ducklake_table_stats',
            'ducklake_tag', 'ducklake_view'))
    WHEN 'index' THEN "sql" IS NULL AND name IN (
        'sqlite_autoindex_ducklake_data_file_1', 'sqlite_autoindex_ducklake_delete_file_1',
        'sqlite_autoindex_ducklake_schema_1', 'sqlite_autoindex_ducklake_snapshot_1',
        'sqlite_autoindex_ducklake_snapshot_changes_1')
    ELSE false
END
ORDER BY kind, name;
