INSERT INTO lake.policies VALUES ($commit_id, $position + 1, $run_id, $policy_id, $name, $document);
