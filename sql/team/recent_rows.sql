-- The query to PostgreSQL for the commits after its $1, each with its changes of status, as far as their rows are in the
-- catalog, as texts. One query, because DuckLake asks a dozen about each table. It reads each table once, because the
-- server expects fewer recent commits than there are, and would read all statuses for each. The names come from
-- ledger/inlined_tables.
-- makes: rows
-- reads: $commits, $events, $schema
SELECT format(
    'WITH c AS MATERIALIZED (SELECT * FROM "{2}"."{0}" WHERE commit_id > $1),
          e AS MATERIALIZED (SELECT * FROM "{2}"."{1}" WHERE commit_id > $1)
     SELECT c.commit_id, c.recorded_at, c.counts, c.digest, c.previous_digest,
            e.plan_id, e.job_id, e.attempt, e.status, e.occurred_at
     FROM c LEFT JOIN e USING (commit_id)
     ORDER BY c.row_id, e.row_id',
    $commits, $events, $schema) AS query;
