-- The runs, newest first, each with the name of its policy, its number of pairs, and the jobs of its plan that are trained.
-- makes: rows
-- reads: decisions, plans, policies, runs
WITH pairs AS (
    SELECT commit_id, count(*) AS pairs FROM decisions WHERE symbol IS NOT NULL GROUP BY commit_id
)
SELECT r.run_id, r.commit_id, r.started_at, p.name AS policy, coalesce(n.pairs, 0) AS pairs,
       (l.summary->>'$.total_cs_jobs')::BIGINT + (l.summary->>'$.total_symbol_jobs')::BIGINT AS jobs,
       r.plan_id, r.evidence_id, r.policy_id, r.rules_id, r.git_commit, r.config_hash
FROM runs AS r
LEFT JOIN pairs AS n USING (commit_id)
LEFT JOIN plans AS l USING (plan_id)
LEFT JOIN (SELECT policy_id, any_value(name ORDER BY commit_id) AS name FROM policies GROUP BY policy_id) AS p USING (policy_id)
ORDER BY r.commit_id DESC;
