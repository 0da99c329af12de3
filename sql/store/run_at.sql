-- The newest run by then. It stands before every commit that was recorded later, as in commit_at.sql.
-- makes: rows
-- reads: commits, runs, $moment
FROM runs
WHERE commit_id < coalesce((SELECT min(commit_id) FROM commits WHERE recorded_at > $moment), 9223372036854775807)
ORDER BY commit_id DESC
LIMIT 1;
