-- The models that a plan's jobs left.
-- makes: rows
-- reads: trained_models, $plan_id
SELECT job_id, family, digest
FROM trained_models
WHERE plan_id = $plan_id
ORDER BY job_id, family;
