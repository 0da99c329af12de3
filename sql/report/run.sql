-- A run with when, by whom and by which version it was recorded, and the name of its policy.
-- makes: rows
-- reads: commits, policies, runs, $commit_id
SELECT r.*, c.recorded_at, c.actor, c.planstore_version, c.digest AS commit_digest, p.name AS policy_name
FROM runs AS r
JOIN commits AS c ON c.commit_id = r.commit_id
LEFT JOIN policies AS p ON p.policy_id = r.policy_id
WHERE r.commit_id = $commit_id;
