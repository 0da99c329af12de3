-- The newest commit by then; null when there was none. It stands before every commit that was recorded later, because
-- a clock that was set back may have given an earlier time to a commit after those.
-- makes: rows
-- reads: lake.commits, $moment
SELECT max(commit_id)
FROM lake.commits
WHERE commit_id < coalesce((SELECT min(commit_id) FROM lake.commits WHERE recorded_at > $moment), 9223372036854775807);
