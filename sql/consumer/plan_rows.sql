-- The jobs of one plan, as rows of its index.
-- makes: rows
-- reads: lake.jobs, job_metadata(), $plan_id
SELECT plan_id, ordinal, job_id, target, symbol, route, training_type, model_families, priority, reason,
       job_metadata(training_type, metadata)::VARCHAR AS metadata, estimated_samples
FROM lake.jobs
WHERE plan_id = $plan_id
ORDER BY ordinal;
