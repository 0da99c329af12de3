-- The artifacts that hold evidence, the newest first.
-- makes: rows
-- reads: lake.artifacts
SELECT digest FROM lake.artifacts WHERE name = 'evidence' GROUP BY digest ORDER BY max(commit_id) DESC, digest;
