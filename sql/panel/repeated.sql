-- The symbols that have a timestamp more than once: how many rows are too many, and the first such timestamp.
-- makes: rows
-- reads: panel_time_order
SELECT symbol, count(*) AS too_many, min("timestamp") AS first
FROM panel_time_order
WHERE "timestamp" = previous
GROUP BY symbol
ORDER BY symbol;
