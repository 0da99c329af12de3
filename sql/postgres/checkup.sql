-- Facts of the database that a checkup shows: its version, clock and encoding, and about how many rows of a schema's
-- catalog are not in files yet.
-- makes: rows
-- reads: pg_stat_user_tables, $1
SELECT current_setting('server_version') AS version,
       clock_timestamp() AS now,
       current_setting('server_encoding') AS encoding,
       coalesce((
           SELECT sum(n_live_tup) FROM pg_stat_user_tables
           WHERE schemaname = $1 AND relname ~ '^ducklake_inlined_data_[0-9]'), 0)::bigint AS inlined_rows;
