-- The names in a run's decisions most similar to a name that it does not have.
-- makes: rows
-- reads: decisions, $commit_id, $name, $what, $within
SELECT name
FROM (
    SELECT DISTINCT CASE $what WHEN 'target' THEN target ELSE symbol END AS name
    FROM decisions
    WHERE commit_id = $commit_id AND coalesce(target = $within, true)
)
WHERE name IS NOT NULL
ORDER BY jaro_winkler_similarity(lower(name), lower($name)) DESC, name
LIMIT 3;
