-- Seconds after which a request to the object storage that makes no progress has failed.
-- changes: the session
-- reads: $seconds
SET GLOBAL http_timeout = $seconds;
