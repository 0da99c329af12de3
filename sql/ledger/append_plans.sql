-- appends to: lake.plans
-- reads: $artifact, $commit_id, $generated_at, $metadata, $plan_id, $position, $run_id, $summary
INSERT INTO lake.plans
VALUES ($commit_id, $position + 1, $run_id, $plan_id, $generated_at, $metadata, $summary, $artifact);
