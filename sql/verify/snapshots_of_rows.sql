-- The snapshots that a commit's rows inside the catalog are said to be of.
-- makes: rows
-- reads: $inlined
SELECT DISTINCT commit_id, begin_snapshot
FROM query_table($inlined)
ORDER BY ALL;
