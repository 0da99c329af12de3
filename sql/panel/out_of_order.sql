-- The symbols whose rows do not stand in the order of time.
-- makes: rows
-- reads: panel_source
SELECT DISTINCT symbol
FROM (SELECT symbol, "timestamp" < lag("timestamp") OVER (PARTITION BY symbol ORDER BY "row") AS earlier FROM panel_source)
WHERE earlier
ORDER BY symbol;
