-- The rows of one CSV file of a panel, with types that fit every one of its rows.
-- makes: rows
-- reads: $path
FROM read_csv($path, header = true, sample_size = -1, hive_partitioning = false);
