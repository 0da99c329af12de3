-- How many rows of one table a commit keeps inside the catalog; more go to a file.
-- changes: the lake
-- reads: $rows, $table
CALL lake.set_option('data_inlining_row_limit', $rows, table_name => $table);
