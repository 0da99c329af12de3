-- The catalog's statistics of each column of each table: a query whose filter they exclude reads nothing.
-- makes: rows
-- reads: catalog.ducklake_table, catalog.ducklake_table_column_stats, leaf_columns
SELECT t.table_name AS "table", l.name AS "column", s.contains_null AS has_null, s.contains_nan AS has_nan,
       s.min_value AS least, s.max_value AS greatest
FROM __ducklake_metadata_lake.ducklake_table_column_stats AS s
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
JOIN leaf_columns AS l ON l.table_id = s.table_id AND l.column_id = s.column_id
WHERE t.end_snapshot IS NULL
ORDER BY t.table_name, l.name;
