-- The rows come with their places in their commit, from 1, and with the number of their commit after the first, from 0.
-- They come in order, because to sort one row takes a third of its appending. They are given as a value, because a table is
-- registered for longer than it takes to append a row.
-- appends to: lake.job_status
-- reads: $commit_id, $position, $rows, $run_id
INSERT INTO lake.job_status
SELECT $commit_id + later, $position + place, $run_id, plan_id, job_id, attempt, status, worker, occurred_at, lease_until,
       metrics::JSON, error, artifacts
FROM (SELECT unnest($rows::STRUCT(
    later BIGINT, place BIGINT, plan_id VARCHAR, job_id VARCHAR, attempt INTEGER, status VARCHAR, worker VARCHAR,
    occurred_at TIMESTAMPTZ, lease_until TIMESTAMPTZ, metrics VARCHAR, error VARCHAR, artifacts VARCHAR[])[],
    recursive := true));
