-- Times are shown in UTC, wherever the machine is.
SET GLOBAL TimeZone = 'UTC';
