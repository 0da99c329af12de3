-- appends to: lake.commits
-- reads: $actor, $commit_id, $counts, $digest, $idempotency_key, $kind, $message, $planstore_version, $previous_digest, $recorded_at, $run_id
INSERT INTO lake.commits
VALUES ($commit_id, $recorded_at, $run_id, $kind, $actor, $message, $idempotency_key, $planstore_version,
        $counts, $digest, $previous_digest);
