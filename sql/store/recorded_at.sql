-- When a commit was recorded.
SELECT recorded_at FROM commits WHERE commit_id = $commit_id;
