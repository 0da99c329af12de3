INSERT INTO lake.overrides
VALUES ($commit_id, $position + 1, $run_id, $override_id, $target, $symbol, $route, $author, $reason, $expires_at, $cleared);
