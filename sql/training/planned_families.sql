-- The families that the jobs of a plan name.
SELECT DISTINCT unnest(model_families) AS family
FROM lake.jobs
WHERE plan_id = $plan_id AND training_type <> 'blocked'
ORDER BY family;
