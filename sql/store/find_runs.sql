-- The runs that a name means: a run id, a commit's number, or the start of a plan id.
-- makes: rows
-- reads: runs, $name
FROM runs
WHERE run_id = $name OR commit_id::VARCHAR = $name OR (length($name) >= 6 AND starts_with(plan_id, $name))
ORDER BY run_id = $name OR commit_id::VARCHAR = $name DESC, commit_id DESC;
