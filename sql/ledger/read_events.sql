-- The events of a stretch of commits in one table, in order, as their digests are computed over them.
-- makes: rows
-- reads: $first, $last, $table
FROM query_table('lake.' || $table) WHERE commit_id BETWEEN $first AND $last ORDER BY commit_id, "position";
