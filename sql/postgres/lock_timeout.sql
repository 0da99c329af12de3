-- How long this connection waits for the lock.
-- makes: rows
-- reads: $1
SELECT set_config('lock_timeout', $1, false);
