-- How many jobs of a plan are where; blocked ones are not trained and do not count.
-- makes: rows
-- reads: plan_progress, $plan_id
SELECT status, sum(jobs)::BIGINT AS jobs
FROM plan_progress
WHERE plan_id = $plan_id AND training_type <> 'blocked'
GROUP BY status
ORDER BY status;
