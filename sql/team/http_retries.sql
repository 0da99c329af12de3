-- Number of times that a failed request to the object storage is repeated.
-- changes: the session
-- reads: $retries
SET GLOBAL http_retries = $retries;
