-- Every commit, in order.
-- makes: rows
-- reads: lake.commits
FROM lake.commits ORDER BY commit_id;
