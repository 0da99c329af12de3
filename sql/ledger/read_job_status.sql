-- The events of a stretch of commits in this table, in order, as their digests are computed over them.
-- makes: rows
-- reads: lake.job_status, $first, $last
FROM lake.job_status WHERE commit_id BETWEEN $first AND $last ORDER BY commit_id, "position";
