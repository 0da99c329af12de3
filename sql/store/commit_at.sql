-- The newest commit that was recorded by then; null when there was none.
SELECT max(commit_id) FROM lake.commits WHERE recorded_at <= $moment;
