-- The symbols with rows that are not in order of time.
-- makes: rows
-- reads: panel_time_order
SELECT DISTINCT symbol FROM panel_time_order WHERE "row" < previous_row ORDER BY symbol;
