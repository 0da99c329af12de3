-- The run before a commit.
-- makes: rows
-- reads: runs, $commit_id
FROM runs WHERE commit_id < $commit_id ORDER BY commit_id DESC LIMIT 1;
