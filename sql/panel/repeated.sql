-- The symbols that have a timestamp more than once: how many rows are too many, and the first such timestamp.
-- makes: rows
-- reads: panel_source
SELECT symbol, sum("rows" - 1)::BIGINT AS too_many, min("timestamp") AS first
FROM (SELECT symbol, "timestamp", count(*) AS "rows" FROM panel_source GROUP BY symbol, "timestamp")
WHERE "rows" > 1
GROUP BY symbol
ORDER BY symbol;
