-- appends to: lake.overrides
-- reads: $author, $cleared, $commit_id, $expires_at, $override_id, $position, $reason, $route, $run_id, $symbol, $target
INSERT INTO lake.overrides
VALUES ($commit_id, $position + 1, $run_id, $override_id, $target, $symbol, $route, $author, $reason, $expires_at, $cleared);
