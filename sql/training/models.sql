-- The models that a plan's jobs left, with the media type of their files.
-- makes: rows
-- reads: trained_models, $plan_id
SELECT job_id, family, media_type
FROM trained_models
WHERE plan_id = $plan_id
ORDER BY job_id, family, fit DESC;
