-- The number of values in some columns of one CSV file of a panel, a column each.
-- makes: rows
-- reads: $columns, $path
SELECT count(COLUMNS(lambda name: list_contains($columns, name)))
FROM read_csv($path, header = true, sample_size = -1, hive_partitioning = false);
