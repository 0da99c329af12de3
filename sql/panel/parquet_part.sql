-- The rows of some columns of one parquet file of a panel, as they are, in the order of the file.
-- makes: rows
-- reads: $columns, $path
SELECT COLUMNS(lambda name: list_contains($columns, name)) FROM read_parquet($path, hive_partitioning = false);
