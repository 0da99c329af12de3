-- The jobs of a plan index, one row a job in `incoming_jobs`.
-- makes: table jobs
-- reads: incoming_jobs
CREATE OR REPLACE TEMP TABLE jobs AS
SELECT plan_id, ordinal, job_id, target, symbol, route, training_type, model_families, priority, reason,
       metadata::JSON AS metadata, estimated_samples
FROM incoming_jobs
ORDER BY plan_id, ordinal;
