-- The rows of one parquet file of a panel, as they are.
FROM read_parquet($path, hive_partitioning = false);
