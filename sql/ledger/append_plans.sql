INSERT INTO lake.plans
VALUES ($commit_id, $position + 1, $run_id, $plan_id, $generated_at, $metadata, $summary, $artifact);
