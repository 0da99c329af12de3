-- The rows of a panel, each with the row of its symbol that comes before it in time: its timestamp, and its number in the
-- order of the files. Rows of the same timestamp follow each other in that order.
-- makes: table time_order
-- reads: panel_source
CREATE OR REPLACE TEMP TABLE time_order AS
SELECT symbol, "timestamp", "row", lag("timestamp") OVER in_time AS previous, lag("row") OVER in_time AS previous_row
FROM panel_source
WINDOW in_time AS (PARTITION BY symbol ORDER BY "timestamp", "row");
