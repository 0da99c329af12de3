-- Facts of the database that a checkup shows: its version, clock and encoding, about how many rows of a schema's catalog
-- are not in files yet, and whether it lacks the table of requests.
-- makes: rows
-- reads: pg_stat_user_tables, $1
SELECT current_setting('server_version') AS version,
       clock_timestamp() AS now,
       current_setting('server_encoding') AS encoding,
       coalesce((
           SELECT sum(n_live_tup) FROM pg_stat_user_tables
           WHERE schemaname = $1 AND relname ~ '^ducklake_inlined_data_[0-9]'), 0)::bigint AS inlined_rows,
       to_regclass(format('%I.ducklake_snapshot', $1)) IS NOT NULL
           AND to_regclass(format('%I.planstore_requests', $1)) IS NULL AS lacks_requests;
