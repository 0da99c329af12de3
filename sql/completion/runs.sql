-- The newest $most runs whose ids start with $prefix, newest first; from six characters on, also plan ids that start so.
-- makes: rows
-- reads: runs, $most, $prefix
SELECT name
FROM (
    SELECT run_id AS name, max(commit_id) AS newest FROM runs GROUP BY run_id
    UNION
    SELECT plan_id, max(commit_id) FROM runs WHERE length($prefix) >= 6 GROUP BY plan_id
)
WHERE starts_with(name, $prefix)
ORDER BY newest DESC, name
LIMIT $most;
