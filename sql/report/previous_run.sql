-- The run before a commit.
FROM runs WHERE commit_id < $commit_id ORDER BY commit_id DESC LIMIT 1;
