-- The artifacts that hold evidence, the newest first.
-- makes: rows
-- reads: lake.artifacts, $as_of
SELECT digest FROM lake.artifacts WHERE name = 'evidence' AND ($as_of IS NULL OR commit_id <= $as_of)
GROUP BY digest ORDER BY max(commit_id) DESC, digest;
