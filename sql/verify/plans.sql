-- Every plan, the commit that published it, and the policy and rules of its run.
-- makes: rows
-- reads: lake.plans, lake.runs
SELECT p.commit_id, p.plan_id, p.artifact, p.metadata, p.summary, r.evidence_id, r.policy_id, r.rules_id
FROM lake.plans AS p LEFT JOIN lake.runs AS r USING (commit_id)
ORDER BY p.commit_id;
