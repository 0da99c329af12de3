-- As ledger/stored_rows, but the query for a catalog in PostgreSQL: its $1 and $2 are $rows and $number there.
-- makes: rows
-- reads: $commits, $events, $schema
SELECT format(
    'SELECT * FROM (SELECT * FROM "{2}"."{0}" ORDER BY row_id DESC LIMIT $1) AS e, (
         SELECT commit_id AS header_commit_id, recorded_at AS header_recorded_at, run_id AS header_run_id,
                kind AS header_kind, actor AS header_actor, message AS header_message,
                idempotency_key AS header_idempotency_key, planstore_version AS header_planstore_version,
                counts AS header_counts, digest AS header_digest, previous_digest AS header_previous_digest
         FROM "{2}"."{1}" ORDER BY row_id DESC LIMIT $2) AS c
     WHERE c.header_commit_id = e.commit_id',
    $events, $commits, $schema) AS query;
