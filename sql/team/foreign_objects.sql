-- As verify/foreign_objects, of a catalog in PostgreSQL: triggers, rules, policies of rows, views, functions, defaults,
-- checks, indexes, and other tables in the store's schema.
-- makes: rows
-- reads: $schema
SELECT kind, name
FROM postgres_query('__ducklake_metadata_lake', format($query$
    WITH own AS (
        SELECT c.oid, c.relname, c.relkind FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = '{0}')
    SELECT 'table'::text AS kind, relname::text AS name FROM own
    WHERE relkind = 'r'
      AND relname NOT IN (SELECT table_name FROM "{0}".ducklake_inlined_data_tables)
      AND relname NOT IN (
          'ducklake_column', 'ducklake_column_mapping', 'ducklake_column_tag', 'ducklake_data_file',
          'ducklake_delete_file', 'ducklake_file_column_stats', 'ducklake_file_partition_value',
          'ducklake_file_variant_stats', 'ducklake_files_scheduled_for_deletion', 'ducklake_inlined_data_tables',
          'ducklake_macro', 'ducklake_macro_impl', 'ducklake_macro_parameters', 'ducklake_metadata',
          'ducklake_name_mapping', 'ducklake_partition_column', 'ducklake_partition_info', 'ducklake_schema',
          'ducklake_schema_versions', 'ducklake_snapshot', 'ducklake_snapshot_changes', 'ducklake_sort_expression',
          'ducklake_sort_info', 'ducklake_table', 'ducklake_table_column_stats', 'ducklake_table_stats',
          'ducklake_tag', 'ducklake_view', 'planstore_requests')
    UNION ALL
    SELECT 'index', o.relname FROM own AS o JOIN pg_index AS i ON i.indexrelid = o.oid WHERE NOT i.indisprimary
    UNION ALL
    SELECT 'relation of kind ' || relkind::text, relname FROM own WHERE relkind NOT IN ('r', 'i')
    UNION ALL
    SELECT 'trigger', t.tgname FROM pg_trigger AS t JOIN own AS o ON o.oid = t.tgrelid
    UNION ALL
    SELECT 'rule', r.rulename FROM pg_rewrite AS r JOIN own AS o ON o.oid = r.ev_class
    UNION ALL
    SELECT 'policy of rows', p.polname FROM pg_policy AS p JOIN own AS o ON o.oid = p.polrelid
    UNION ALL
    SELECT 'default of a column of', o.relname FROM pg_attrdef AS d JOIN own AS o ON o.oid = d.adrelid
    UNION ALL
    SELECT 'constraint', c.conname FROM pg_constraint AS c JOIN own AS o ON o.oid = c.conrelid
    WHERE c.contype NOT IN ('p', 'n')
    UNION ALL
    SELECT 'function', p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = '{0}'
    $query$, $schema))
ORDER BY kind, name;
