-- As ledger/stored_rows, of a catalog in PostgreSQL.
-- makes: rows
-- reads: $commits, $events, $number, $rows, $schema
FROM postgres_query('__ducklake_metadata_lake', format(
    'SELECT * FROM (SELECT * FROM "{3}"."{0}" ORDER BY row_id DESC LIMIT {1}) AS e, (
         SELECT commit_id AS header_commit_id, recorded_at AS header_recorded_at, run_id AS header_run_id,
                kind AS header_kind, actor AS header_actor, message AS header_message,
                idempotency_key AS header_idempotency_key, planstore_version AS header_planstore_version,
                counts AS header_counts, digest AS header_digest, previous_digest AS header_previous_digest
         FROM "{3}"."{2}" ORDER BY row_id DESC LIMIT {4}) AS c
     WHERE c.header_commit_id = e.commit_id',
    $events, $rows, $commits, $schema, $number));
