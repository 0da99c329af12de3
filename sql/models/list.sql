-- The models of a plan's jobs, with the evidence behind them.
-- makes: rows
-- reads: trained_models, $plan_id
SELECT target, symbol, family, fit, score, evidence_score, null_score, metric_name, trained_at, size, media_type, job_id,
       digest, plan_id
FROM trained_models
WHERE plan_id = $plan_id
ORDER BY target, symbol NULLS FIRST, job_id, family, fit DESC;
