-- The number and digest of the newest commit; no row in an empty ledger.
SELECT max(commit_id) AS commit_id, arg_max(digest, commit_id) AS digest FROM lake.commits HAVING count(*) > 0;
