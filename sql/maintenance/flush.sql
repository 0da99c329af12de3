-- Rows that small commits left inside the catalog become parquet files.
CALL ducklake_flush_inlined_data('lake');
