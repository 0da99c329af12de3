-- The number and digest of the newest commit, and the latest time that any carries; no row in an empty ledger.
-- makes: rows
-- reads: lake.commits
SELECT max(commit_id) AS commit_id, arg_max(digest, commit_id) AS digest, max(recorded_at) AS recorded_at
FROM lake.commits
HAVING count(*) > 0;
