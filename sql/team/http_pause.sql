-- Milliseconds before the second repetition of a request to the object storage; the first is made at once.
-- changes: the session
-- reads: $milliseconds
SET GLOBAL http_retry_wait_ms = $milliseconds;
