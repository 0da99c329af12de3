-- A stretch of commits, in order.
-- makes: rows
-- reads: lake.commits, $first, $last
FROM lake.commits WHERE commit_id BETWEEN $first AND $last ORDER BY commit_id;
