-- No other file, no network, no extension from here on.
SET enable_external_access = false;
