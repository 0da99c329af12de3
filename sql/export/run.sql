-- A run with the properties that its files contain.
-- makes: rows
-- reads: lake.commits, lake.runs, $run_id
SELECT r.run_id, r.commit_id, r.plan_id, r.git_commit, r.config_hash, r.policy_id, c.recorded_at
FROM lake.runs AS r JOIN lake.commits AS c USING (commit_id)
WHERE r.run_id = $run_id;
