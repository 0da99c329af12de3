-- The commit with this idempotency key, if there is one, and the run that it recorded.
-- makes: rows
-- reads: lake.commits, lake.runs, $idempotency_key
SELECT c.commit_id, r.run_id, r.evidence_id, r.policy_id, r.rules_id, r.plan_id,
       r.settings.model_families AS model_families, r.settings.include_blocked AS include_blocked
FROM lake.commits AS c LEFT JOIN lake.runs AS r USING (commit_id)
WHERE c.idempotency_key = $idempotency_key;
