-- The families that the jobs of a plan name.
-- makes: rows
-- reads: lake.jobs, $plan_id
SELECT DISTINCT unnest(model_families) AS family
FROM lake.jobs
WHERE plan_id = $plan_id AND training_type <> 'blocked'
ORDER BY family;
