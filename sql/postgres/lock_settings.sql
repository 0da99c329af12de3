-- The settings of a connection for the lock of writers: how long it waits, and the schema of the requests.
-- A statement after the wait must see an answer that was committed during it.
-- makes: rows
-- reads: $1, $2
SELECT set_config('lock_timeout', $1, false) AS lock_timeout,
       set_config('search_path', quote_ident($2), false) AS search_path,
       set_config('default_transaction_isolation', 'read committed', false) AS isolation;
