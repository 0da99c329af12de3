-- The events of a stretch of commits in this table, in order, as their digests are computed over them.
-- makes: rows
-- reads: lake.overrides, $first, $last
FROM lake.overrides WHERE commit_id BETWEEN $first AND $last ORDER BY commit_id, "position";
