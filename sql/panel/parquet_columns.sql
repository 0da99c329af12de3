-- The names of the columns of one parquet file of a panel, in order; no row is read.
-- makes: rows
-- reads: $path
SELECT column_name FROM (DESCRIBE FROM read_parquet($path, hive_partitioning = false));
