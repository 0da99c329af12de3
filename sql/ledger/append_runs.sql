-- appends to: lake.runs
-- reads: $commit_id, $config_hash, $evidence_id, $git_commit, $plan_id, $policy_id, $position, $rules_id, $run_id, $settings, $started_at
INSERT INTO lake.runs
VALUES ($commit_id, $position + 1, $run_id, $started_at, $git_commit, $config_hash,
        $evidence_id, $policy_id, $rules_id, $plan_id, $settings);
