-- Times are shown in UTC, wherever the machine is.
-- changes: the session
-- reads: nothing
SET GLOBAL TimeZone = 'UTC';
