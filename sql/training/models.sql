-- The models that a plan's jobs left, with the media type of their files and the rows they were fitted on.
-- makes: rows
-- reads: trained_models, $plan_id
SELECT job_id, family, media_type, fit
FROM trained_models
WHERE plan_id = $plan_id
ORDER BY job_id, family, fit DESC;
