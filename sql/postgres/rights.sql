-- The user of this connection, and whether it may append to the catalog in a schema; a new schema is its own to make.
-- makes: rows
-- reads: pg_class, pg_namespace, $1
SELECT current_user::text AS name,
       current_setting('transaction_read_only') = 'off' AND coalesce((
           SELECT has_table_privilege(c.oid, 'INSERT')
           FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE n.nspname = $1 AND c.relname = 'ducklake_snapshot'), true) AS is_writer;
