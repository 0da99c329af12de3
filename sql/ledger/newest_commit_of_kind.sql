-- The newest commit of one kind before another; 0 if there is none. Read before a table that may never have had a row, because
-- the lake reads the statistics of such a table again for each of its columns.
-- makes: rows
-- reads: lake.commits, $before_commit, $kind
SELECT coalesce(max(commit_id), 0) FROM lake.commits WHERE kind = $kind AND commit_id < $before_commit;
