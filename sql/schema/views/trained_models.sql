-- A model that was kept, with the job, plan, decision, evidence and policy that it comes from.
CREATE OR REPLACE TEMP VIEW trained_models AS
SELECT j.target, j.symbol, a.name[7:] AS family, a.digest, a.size, s.attempt, s.worker, s.occurred_at AS trained_at,
       (s.metrics->>'$.score')::DOUBLE AS score, k.score AS evidence_score, k.metric_name,
       j.route, d.rule, d.reasons, j.job_id, j.plan_id, r.run_id, r.evidence_id, r.policy_id, r.rules_id
FROM job_status AS s
JOIN artifacts AS a ON a.commit_id = s.commit_id AND a.belongs_to = s.plan_id || '/' || s.job_id AND a.name LIKE 'model %'
JOIN jobs AS j ON j.plan_id = s.plan_id AND j.job_id = s.job_id
JOIN runs AS r ON r.commit_id = j.commit_id
LEFT JOIN decisions AS d
    ON d.commit_id = j.commit_id AND d.target = j.target AND d.symbol IS NOT DISTINCT FROM j.symbol
LEFT JOIN candidates AS k
    ON k.commit_id = j.commit_id AND k.target = j.target AND k.symbol IS NOT DISTINCT FROM j.symbol
WHERE s.status = 'succeeded';
