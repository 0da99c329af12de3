-- Job counts of a plan by training type and status; blocked jobs are not trained and do not count.
-- makes: rows
-- reads: plan_progress, $plan_id
SELECT training_type, status, jobs
FROM plan_progress
WHERE plan_id = $plan_id AND training_type <> 'blocked'
ORDER BY training_type, status;
