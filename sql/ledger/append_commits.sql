INSERT INTO lake.commits
VALUES ($commit_id, $recorded_at, $run_id, $kind, $actor, $message, $idempotency_key, $planstore_version,
        $counts, $digest, $previous_digest);
