INSERT INTO lake.runs
VALUES ($commit_id, $position + 1, $run_id, $started_at, $git_commit, $config_hash,
        $evidence_id, $policy_id, $rules_id, $plan_id, $settings);
