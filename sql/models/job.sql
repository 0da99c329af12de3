-- A job of a plan, with the cross-sectional job whose predictions it is averaged with, and its run and lineage.
-- makes: rows
-- reads: decisions, jobs, jobs_with_status, runs, $job_id, $plan_id
WITH pooled AS (
    SELECT target, arg_min(job_id, ordinal) AS job_id
    FROM jobs
    WHERE plan_id = $plan_id AND training_type = 'cross_sectional'
    GROUP BY target
)
SELECT j.plan_id, j.job_id, j.target, j.symbol, j.route, d.rule, d.reasons, r.run_id, r.evidence_id, r.policy_id,
       r.rules_id, s.status, s.attempt, s.worker, s.status_at, s.metrics,
       CASE WHEN j.metadata.needs_cs_ensemble THEN p.job_id END AS pooled_job_id
FROM jobs AS j
JOIN runs AS r ON r.commit_id = j.commit_id
JOIN jobs_with_status AS s ON s.plan_id = j.plan_id AND s.job_id = j.job_id
LEFT JOIN pooled AS p ON p.target = j.target
LEFT JOIN decisions AS d
    ON d.commit_id = j.commit_id AND d.target = j.target AND d.symbol IS NOT DISTINCT FROM j.symbol
WHERE j.plan_id = $plan_id AND j.job_id = $job_id;
