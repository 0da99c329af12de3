-- The newest run that arrived at a plan.
-- makes: rows
-- reads: runs, $plan_id
FROM runs WHERE plan_id = $plan_id ORDER BY commit_id DESC LIMIT 1;
