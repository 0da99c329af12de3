-- The newest run.
FROM runs ORDER BY commit_id DESC LIMIT 1;
