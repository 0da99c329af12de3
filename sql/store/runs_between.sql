-- The runs of a stretch of commits, oldest first.
FROM runs WHERE commit_id BETWEEN $first AND $last ORDER BY commit_id;
