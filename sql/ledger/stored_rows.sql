-- The newest rows of one of the catalog's tables of inlined events, each with its commit if that is one of the newest
-- $number of the table of commits, as texts.
-- SQLite itself finds them by its row numbers, because DuckDB would read the whole table. The names come from
-- ledger/inlined_tables.
-- makes: rows
-- reads: $commits, $events, $number, $rows
FROM sqlite_query('__ducklake_metadata_lake', format(
    'SELECT * FROM (SELECT * FROM "{}" ORDER BY rowid DESC LIMIT {}) AS e, (
         SELECT commit_id AS header_commit_id, recorded_at AS header_recorded_at, run_id AS header_run_id,
                kind AS header_kind, actor AS header_actor, message AS header_message,
                idempotency_key AS header_idempotency_key, planstore_version AS header_planstore_version,
                counts AS header_counts, digest AS header_digest, previous_digest AS header_previous_digest
         FROM "{}" ORDER BY rowid DESC LIMIT {}) AS c
     WHERE c.header_commit_id = e.commit_id',
    $events, $rows, $commits, $number));
