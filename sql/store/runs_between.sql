-- The runs of a stretch of commits, oldest first.
-- makes: rows
-- reads: runs, $first, $last
FROM runs WHERE commit_id BETWEEN $first AND $last ORDER BY commit_id;
