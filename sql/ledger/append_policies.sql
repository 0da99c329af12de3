-- appends to: lake.policies
-- reads: $commit_id, $document, $name, $policy_id, $position, $run_id
INSERT INTO lake.policies VALUES ($commit_id, $position + 1, $run_id, $policy_id, $name, $document);
