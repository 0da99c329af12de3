-- The digest of a commit; no row if there is no such commit.
-- makes: rows
-- reads: lake.commits, $commit_id
SELECT digest FROM lake.commits WHERE commit_id = $commit_id;
