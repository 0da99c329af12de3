-- The policies, newest first, each with the number of runs that used it, and the first and last of them.
-- makes: rows
-- reads: commits, policies, runs
SELECT p.policy_id, p.name, p.commit_id, c.recorded_at, count(r.run_id) AS runs,
       arg_min(r.run_id, r.commit_id) AS first_run, arg_max(r.run_id, r.commit_id) AS last_run
FROM policies AS p
JOIN commits AS c ON c.commit_id = p.commit_id
LEFT JOIN runs AS r ON r.policy_id = p.policy_id
GROUP BY ALL
ORDER BY p.commit_id DESC, p.policy_id;
