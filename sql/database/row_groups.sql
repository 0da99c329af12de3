-- Rows a row group of the lake's files.
-- changes: the lake
-- reads: $rows
CALL lake.set_option('parquet_row_group_size', $rows);
