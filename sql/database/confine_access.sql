-- No other file, no network, no extension from here on.
-- changes: the session
-- reads: nothing
SET enable_external_access = false;
