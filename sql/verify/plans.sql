-- Every plan, the commit that published it, the policy and rules of its run, and how many jobs its budget leaves out.
-- makes: rows
-- reads: lake.plans, lake.runs
SELECT p.commit_id, p.plan_id, p.artifact, p.metadata, p.summary, r.evidence_id, r.policy_id, r.rules_id,
       coalesce((p.metadata->>'$.budget.jobs_left_out')::BIGINT, 0) AS jobs_left_out
FROM lake.plans AS p LEFT JOIN lake.runs AS r USING (commit_id)
ORDER BY p.commit_id;
