-- The models of a plan's jobs, with the evidence behind them. A reused model is as old as the job that trained it.
-- makes: rows
-- reads: job_status, reused_jobs, trained_models, $plan_id
SELECT m.target, m.symbol, m.family, m.fit, m.score, m.evidence_score, m.null_score, m.metric_name,
       coalesce(o.occurred_at, m.trained_at) AS trained_at, m.size, m.media_type, m.job_id, m.digest, m.plan_id, u.reused_from
FROM trained_models AS m
LEFT JOIN reused_jobs AS u ON u.plan_id = m.plan_id AND u.job_id = m.job_id
LEFT JOIN job_status AS o ON o.status = 'succeeded' AND o.plan_id || '/' || o.job_id = u.reused_from
WHERE m.plan_id = $plan_id
ORDER BY m.target, m.symbol NULLS FIRST, m.job_id, m.family, m.fit DESC;
