-- A commit.
-- makes: rows
-- reads: commits, $commit_id
SELECT commit_id, recorded_at, kind, actor, run_id, message, digest FROM commits WHERE commit_id = $commit_id;
