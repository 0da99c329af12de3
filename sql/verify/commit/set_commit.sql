-- The commit whose plan is checked.
SET VARIABLE verified_commit = $commit_id;
