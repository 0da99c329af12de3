-- The snapshots at which rows inside the catalog are said to end, and how many.
-- makes: rows
-- reads: $inlined
SELECT count(*) AS "rows", end_snapshot
FROM query_table($inlined)
WHERE end_snapshot IS NOT NULL
GROUP BY end_snapshot
ORDER BY end_snapshot;
