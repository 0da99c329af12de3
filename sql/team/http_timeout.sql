-- Maximum seconds of one request to the object storage.
-- changes: the session
-- reads: $seconds
SET GLOBAL http_timeout = $seconds;
