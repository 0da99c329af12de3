-- The plan that a run, a commit's number, or the start of a plan id means.
SELECT DISTINCT r.plan_id, r.run_id = $name OR r.commit_id::VARCHAR = $name AS exact
FROM runs AS r
WHERE r.run_id = $name OR r.commit_id::VARCHAR = $name OR (length($name) >= 6 AND starts_with(r.plan_id, $name))
ORDER BY exact DESC, r.plan_id;
