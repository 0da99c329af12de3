-- The commit that published a plan with its jobs.
-- makes: rows
-- reads: lake.plans, $plan_id
SELECT min(commit_id) AS commit_id FROM lake.plans WHERE plan_id = $plan_id;
