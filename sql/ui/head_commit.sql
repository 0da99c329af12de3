-- The newest commit that this session shows.
-- makes: rows
-- reads: commits
SELECT commit_id, recorded_at, kind, actor, run_id, digest FROM commits ORDER BY commit_id DESC LIMIT 1;
