-- The jobs of the current plan with their latest status, of one target, symbol or status where these are given.
SELECT ordinal, job_id, target, symbol, route, training_type, model_families, priority, reason,
       job_metadata(training_type, metadata) AS metadata, estimated_samples, status, attempt, worker, status_at, error
FROM current_jobs
WHERE coalesce(target = $target, true) AND coalesce(symbol = $symbol, $symbol IS NULL) AND coalesce(status = $status, true)
ORDER BY ordinal;
