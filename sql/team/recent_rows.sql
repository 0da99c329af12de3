-- The commits after $seen, each with its changes of status, as far as their rows are in the catalog, as texts. One question
-- to PostgreSQL, because DuckLake asks a dozen about each table. The names come from ledger/inlined_tables.
-- makes: rows
-- reads: $commits, $events, $schema, $seen
FROM postgres_query('__ducklake_metadata_lake', format(
    'SELECT c.commit_id, c.recorded_at, c.counts, c.digest, c.previous_digest,
            e.plan_id, e.job_id, e.attempt, e.status, e.occurred_at
     FROM "{2}"."{0}" AS c LEFT JOIN "{2}"."{1}" AS e ON e.commit_id = c.commit_id AND e.commit_id > {3}
     WHERE c.commit_id > {3}
     ORDER BY c.row_id, e.row_id',
    $commits, $events, $schema, $seen));
