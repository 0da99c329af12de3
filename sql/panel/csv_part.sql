-- The rows of some columns of one CSV file of a panel, with types that fit every one of its rows, in the order of the file.
-- makes: rows
-- reads: $columns, $path
SELECT COLUMNS(lambda name: list_contains($columns, name))
FROM read_csv($path, header = true, sample_size = -1, hive_partitioning = false);
