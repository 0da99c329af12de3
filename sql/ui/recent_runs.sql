-- The newest runs, newest first, each with the time of its commit, the name of its policy, and the run before it.
-- makes: rows
-- reads: commits, policies, runs, $most
SELECT r.run_id, r.commit_id, c.recorded_at, c.actor, r.evidence_id, r.policy_id, p.name AS policy, r.rules_id, r.plan_id, b.commit_id AS previous_id,
       b.run_id AS previous_run_id, b.commit_id IS NOT NULL AND b.policy_id <> r.policy_id AS has_other_policy,
       b.commit_id IS NOT NULL AND b.rules_id <> r.rules_id AS has_other_rules
FROM (FROM runs ORDER BY commit_id DESC LIMIT $most) AS r
JOIN commits AS c ON c.commit_id = r.commit_id
LEFT JOIN (SELECT policy_id, any_value(name ORDER BY commit_id) AS name FROM policies GROUP BY policy_id) AS p ON p.policy_id = r.policy_id
ASOF LEFT JOIN runs AS b ON b.commit_id < r.commit_id
ORDER BY r.commit_id DESC;
