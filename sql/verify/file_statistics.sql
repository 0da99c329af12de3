-- The catalog's statistics of each column of each parquet file: a query whose filter they exclude skips the file.
-- makes: rows
-- reads: catalog.ducklake_data_file, catalog.ducklake_file_column_stats, leaf_columns
SELECT s.data_file_id, l.name AS "column", s.null_count AS nulls, s.contains_nan AS has_nan,
       s.min_value AS least, s.max_value AS greatest
FROM __ducklake_metadata_lake.ducklake_file_column_stats AS s
JOIN __ducklake_metadata_lake.ducklake_data_file AS f USING (data_file_id)
JOIN leaf_columns AS l ON l.table_id = f.table_id AND l.column_id = s.column_id
WHERE f.end_snapshot IS NULL
ORDER BY s.data_file_id, l.name;
