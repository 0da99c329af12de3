-- Rows a row group of the lake's files: fewer than DuckDB's 122,880, because the rows that a thread collects for one are
-- then still in the processor's cache when they are written, and memory is reused instead of allocated again.
-- changes: the lake
-- reads: nothing
CALL lake.set_option('parquet_row_group_size', 20480);
