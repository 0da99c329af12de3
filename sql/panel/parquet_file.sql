-- The rows of one parquet file of a panel, as they are.
-- makes: rows
-- reads: $path
FROM read_parquet($path, hive_partitioning = false);
