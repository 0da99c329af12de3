-- The rows that no rule reads.
-- makes: rows
-- reads: unread
SELECT "row" FROM unread;
