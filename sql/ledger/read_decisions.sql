-- The events of one commit in this table, in order, as its digest is computed over them.
FROM lake.decisions WHERE commit_id = $commit_id ORDER BY "position";
