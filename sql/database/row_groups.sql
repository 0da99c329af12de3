-- Rows a row group of the lake's files: fewer than the 122,880 that DuckDB takes, because what a thread gathers for one
-- is then still in the processor's cache when it is written, and memory is used again instead of taken anew.
-- changes: the lake
-- reads: nothing
CALL lake.set_option('parquet_row_group_size', 20480);
