-- The symbols that have a timestamp more than once: how many rows are too many, and the first such timestamp.
-- makes: rows
-- reads: time_order
SELECT symbol, count(*) AS too_many, min("timestamp") AS first
FROM time_order
WHERE "timestamp" = previous
GROUP BY symbol
ORDER BY symbol;
