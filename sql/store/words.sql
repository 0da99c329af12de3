-- The words of a session that begin with $prefix: its views, their columns, its macros, functions and keywords.
-- "of" is the view of a column; detail is a column's type, or a macro's arguments.
-- makes: rows
-- reads: $prefix
FROM (
    SELECT DISTINCT 'view' AS kind, table_name AS word, NULL AS "of", NULL AS detail
    FROM duckdb_columns() WHERE database_name = 'memory'
    UNION ALL
    SELECT 'column', column_name, table_name, data_type
    FROM duckdb_columns() WHERE database_name = 'memory'
    UNION ALL
    SELECT replace(function_type, '_', ' '), function_name, NULL, array_to_string(parameters, ', ')
    FROM duckdb_functions() WHERE NOT internal
    UNION ALL
    SELECT DISTINCT 'function', function_name, NULL, NULL
    FROM duckdb_functions()
    WHERE internal AND function_type IN ('scalar', 'aggregate', 'macro') AND regexp_full_match(function_name, '[a-z]\w*')
    UNION ALL
    SELECT 'keyword', keyword_name, NULL, NULL FROM duckdb_keywords()
)
WHERE starts_with(lower(word), lower($prefix))
ORDER BY ALL;
