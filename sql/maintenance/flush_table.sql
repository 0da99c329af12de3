-- Rows of one table that lie inside the catalog become parquet files.
-- changes: the lake
-- reads: $table
CALL ducklake_flush_inlined_data('lake', table_name => $table);
