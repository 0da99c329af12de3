-- The commit whose plan is checked.
-- makes: variable verified_commit
-- reads: $commit_id
SET VARIABLE verified_commit = $commit_id;
