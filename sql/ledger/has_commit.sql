-- Whether the ledger has a commit of this number with this digest.
-- makes: rows
-- reads: lake.commits, $commit_id, $digest
SELECT count(*) > 0 AS is_there
FROM lake.commits
WHERE commit_id = $commit_id AND digest = $digest;
