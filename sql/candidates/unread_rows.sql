-- The rows that no rule reads.
SELECT "row" FROM unread;
