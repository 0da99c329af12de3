-- The models of a plan's jobs, with the evidence behind them. A reused model is as old as the first that was trained from its
-- inputs.
-- makes: rows
-- reads: artifacts, job_status, reused_jobs, trained_models, $plan_id
SELECT m.target, m.symbol, m.family, m.fit, m.score, m.evidence_score, m.null_score, m.metric_name,
       coalesce(f.trained_at, m.trained_at) AS trained_at, m.size, m.media_type, m.job_id, m.digest, m.plan_id, u.reused_from
FROM trained_models AS m
LEFT JOIN reused_jobs AS u ON u.plan_id = m.plan_id AND u.job_id = m.job_id
LEFT JOIN (
    SELECT a.digest, arg_min(s.occurred_at, a.commit_id) AS trained_at
    FROM artifacts AS a
    JOIN job_status AS s ON s.commit_id = a.commit_id AND a.belongs_to = s.plan_id || '/' || s.job_id
    WHERE a.name = 'inputs' AND s.status = 'succeeded'
    GROUP BY a.digest
) AS f ON f.digest = u.inputs
WHERE m.plan_id = $plan_id
ORDER BY m.target, m.symbol NULLS FIRST, m.job_id, m.family, m.fit DESC;
