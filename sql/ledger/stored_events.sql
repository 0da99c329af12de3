-- The events of a stretch of commits in one table, in the order in which they are stored.
-- makes: rows
-- reads: $first, $last, $table
FROM query_table('lake.' || $table) WHERE commit_id BETWEEN $first AND $last;
