-- Rows that small commits left inside the catalog become parquet files.
-- changes: the lake
-- reads: nothing
CALL ducklake_flush_inlined_data('lake');
