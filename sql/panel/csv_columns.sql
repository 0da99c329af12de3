-- The names of the columns of one CSV file of a panel, in order, from its first rows.
-- makes: rows
-- reads: $path
SELECT column_name FROM (DESCRIBE FROM read_csv($path, header = true, all_varchar = true, hive_partitioning = false));
