-- The commit whose evidence is decided again.
SET VARIABLE replayed_commit = $commit_id;
