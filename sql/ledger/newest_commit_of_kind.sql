-- The newest commit of one kind before another; 0 when there is none. Asked before a table that may never have held a row
-- is read: the lake looks up the statistics of such a table anew for each of its columns.
-- makes: rows
-- reads: lake.commits, $before_commit, $kind
SELECT coalesce(max(commit_id), 0) FROM lake.commits WHERE kind = $kind AND commit_id < $before_commit;
