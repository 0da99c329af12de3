-- The run of this id, if there is one.
-- makes: rows
-- reads: lake.runs, $run_id
SELECT commit_id, evidence_id, policy_id, rules_id, plan_id, settings.model_families AS model_families, settings.include_blocked AS include_blocked
FROM lake.runs WHERE run_id = $run_id;
