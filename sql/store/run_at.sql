-- The newest run that was recorded by then.
SELECT r.* FROM runs AS r JOIN commits AS c USING (commit_id)
WHERE c.recorded_at <= $moment
ORDER BY r.commit_id DESC
LIMIT 1;
