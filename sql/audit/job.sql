-- The jobs that a decision led to.
SELECT job_id, training_type, priority, model_families
FROM jobs
WHERE plan_id = $plan_id AND target = $target AND symbol IS NOT DISTINCT FROM $symbol
ORDER BY ordinal;
