-- What the catalog says of the values in each column of each table: a query whose filter they rule out reads nothing.
-- makes: rows
-- reads: catalog.ducklake_column, catalog.ducklake_table, catalog.ducklake_table_column_stats
WITH RECURSIVE leaves AS (
    SELECT table_id, column_id, column_name AS name, column_type
    FROM __ducklake_metadata_lake.ducklake_column
    WHERE parent_column IS NULL AND end_snapshot IS NULL
    UNION ALL
    SELECT c.table_id, c.column_id, concat(l.name, '.', c.column_name), c.column_type
    FROM __ducklake_metadata_lake.ducklake_column AS c
    JOIN leaves AS l ON c.table_id = l.table_id AND c.parent_column = l.column_id
    WHERE c.end_snapshot IS NULL AND l.column_type = 'struct'
)
SELECT t.table_name AS "table", l.name AS "column", s.contains_null AS has_null, s.contains_nan AS has_nan,
       s.min_value AS least, s.max_value AS greatest
FROM __ducklake_metadata_lake.ducklake_table_column_stats AS s
JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
JOIN leaves AS l ON l.table_id = s.table_id AND l.column_id = s.column_id
WHERE t.end_snapshot IS NULL
ORDER BY t.table_name, l.name;
