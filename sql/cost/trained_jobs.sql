-- The jobs that were trained, each time that one was, with their metrics and the rows that they were trained on.
-- makes: table trained_jobs
-- reads: job_status, jobs
CREATE OR REPLACE TEMP TABLE trained_jobs AS
SELECT s.commit_id, j.target, j.symbol, j.training_type, j.model_families, s.metrics,
       (s.metrics->>'$.rows_trained')::DOUBLE AS trained_rows
FROM job_status AS s
JOIN jobs AS j ON j.plan_id = s.plan_id AND j.job_id = s.job_id
WHERE s.status = 'succeeded' AND trained_rows > 0;
