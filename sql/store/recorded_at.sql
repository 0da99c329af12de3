-- When a commit was recorded.
-- makes: rows
-- reads: commits, $commit_id
SELECT recorded_at FROM commits WHERE commit_id = $commit_id;
