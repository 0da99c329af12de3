-- Definitions in the catalog that planstore never makes, of other objects or of the store's tables.
-- makes: rows
-- reads: catalog.ducklake_column, catalog.ducklake_macro, catalog.ducklake_metadata, catalog.ducklake_schema, catalog.ducklake_table, catalog.ducklake_view
SELECT 'commits' AS "where", concat('the schema ', schema_name, ' is defined, and is none of the store''s') AS problem
FROM __ducklake_metadata_lake.ducklake_schema
WHERE schema_name IS DISTINCT FROM 'main'
UNION ALL
SELECT coalesce(table_name, 'commits'), concat('the table ', table_name, ' is defined, and is none of the store''s')
FROM __ducklake_metadata_lake.ducklake_table
WHERE coalesce(table_name NOT IN (
    'commits', 'runs', 'policies', 'artifacts', 'candidates', 'decisions', 'plans', 'jobs', 'job_status', 'overrides',
    'outcomes', 'plan_documents'), true)
UNION ALL
SELECT table_name, concat('it is defined ', count(*), ' times')
FROM __ducklake_metadata_lake.ducklake_table
WHERE end_snapshot IS NULL
GROUP BY table_name
HAVING count(*) > 1
UNION ALL
SELECT view_name, 'a view of this name is defined, where there are only tables'
FROM __ducklake_metadata_lake.ducklake_view
UNION ALL
SELECT 'commits', concat('the macro ', macro_name, ' is defined')
FROM __ducklake_metadata_lake.ducklake_macro
UNION ALL
SELECT t.table_name, concat('its column ', c.column_name, ' has the default ', coalesce(c.initial_default, c.default_value))
FROM __ducklake_metadata_lake.ducklake_column AS c JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
WHERE c.initial_default IS NOT NULL OR c.default_value IS DISTINCT FROM 'NULL'
UNION ALL
SELECT 'commits', concat('the option ', "key", ' is ', "value", coalesce(concat(' of ', "scope", ' ', scope_id), ''))
FROM __ducklake_metadata_lake.ducklake_metadata AS m
WHERE NOT ("scope" IS NULL AND "key" IN ('version', 'created_by', 'data_path'))
  AND NOT ("scope" IS NULL AND "key" = 'encrypted' AND "value" = 'false')
  AND NOT ("scope" IS NULL AND "key" = 'parquet_row_group_size' AND "value" IN ('20480', '61440'))
  AND NOT ("scope" = 'table' AND "key" = 'data_inlining_row_limit' AND "value" = '0' AND scope_id IN (
      SELECT table_id FROM __ducklake_metadata_lake.ducklake_table
      WHERE table_name IN ('candidates', 'jobs', 'outcomes', 'runs')))
UNION ALL
SELECT t.table_name, 'its rows may be kept inside the catalog, which may change them: data_inlining_row_limit is not 0'
FROM __ducklake_metadata_lake.ducklake_table AS t
WHERE t.end_snapshot IS NULL AND t.table_name IN ('candidates', 'jobs', 'outcomes', 'runs')
  AND t.table_id NOT IN (
      SELECT scope_id FROM __ducklake_metadata_lake.ducklake_metadata
      WHERE "scope" = 'table' AND "key" = 'data_inlining_row_limit')
ORDER BY ALL;
