-- The symbols with rows that are not in order of time.
-- makes: rows
-- reads: time_order
SELECT DISTINCT symbol FROM time_order WHERE "row" < previous_row ORDER BY symbol;
