-- The number and digest of the newest commit; no row in an empty ledger.
SELECT commit_id, digest FROM lake.commits ORDER BY commit_id DESC LIMIT 1;
