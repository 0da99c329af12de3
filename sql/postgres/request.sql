-- Request that the holder of the lock commits these events.
-- appends to: planstore_requests
-- reads: $1, $2, $3, $4
INSERT INTO planstore_requests VALUES ($1, pg_backend_pid(), $2, $3, $4, false, NULL);
