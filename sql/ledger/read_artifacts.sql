-- The events of a stretch of commits in this table, in order, as their digests are computed over them.
-- makes: rows
-- reads: lake.artifacts, $first, $last
FROM lake.artifacts WHERE commit_id BETWEEN $first AND $last ORDER BY commit_id, "position";
