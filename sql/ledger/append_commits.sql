-- The commits of one transaction, which come in order.
-- appends to: lake.commits
-- reads: $commits
INSERT INTO lake.commits
SELECT c.commit_id, c.recorded_at, c.run_id, c.kind, c.actor, c.message, c.idempotency_key, c.planstore_version,
       c.counts, c.digest, c.previous_digest
FROM (SELECT unnest($commits::STRUCT(
    commit_id BIGINT, recorded_at TIMESTAMPTZ, run_id VARCHAR, kind VARCHAR, actor VARCHAR, message VARCHAR,
    idempotency_key VARCHAR, planstore_version VARCHAR, counts STRUCT("table" VARCHAR, "rows" BIGINT, digest VARCHAR)[],
    digest VARCHAR, previous_digest VARCHAR)[]) AS c);
