-- The symbols with rows that are not in order of time.
-- makes: rows
-- reads: panel_source
SELECT DISTINCT symbol
FROM (SELECT symbol, "timestamp" < lag("timestamp") OVER (PARTITION BY symbol ORDER BY "row") AS earlier FROM panel_source)
WHERE earlier
ORDER BY symbol;
