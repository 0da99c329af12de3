-- The artifact with the times that a run was planned with; no row where its policy has no budget in hours.
-- makes: rows
-- reads: artifacts, $commit_id
SELECT digest FROM artifacts WHERE commit_id = $commit_id AND name = 'fit times';
