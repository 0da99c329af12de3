-- One row is a stored model, with its job, plan, decision, evidence and policy.
-- target: the predicted target
-- symbol: the symbol that it was trained on; null: all symbols
-- family: its model family
-- digest: of the file that holds it
-- size: of that file, in bytes
-- attempt: the attempt of the job, from 1
-- worker: the worker that trained it
-- trained_at: the time at which it was recorded
-- score: of the job's predictions out of sample
-- evidence_score: the score that the decision rests on
-- metric_name: the metric of both scores, as `auc`
-- route: of the job
-- rule: the short code of the rule that decided
-- reasons: the reasons of the decision
-- job_id: the job
-- plan_id: the plan
-- run_id: the run that published the plan
-- evidence_id: the digest of the run's candidates
-- policy_id: the policy of that run
-- rules_id: the rules of that run
-- fit: `scored`, or `refitted` on all labelled rows after scoring; the score is that of the scored one
-- media_type: of that file; `application/x-python-pickle` is loaded only where pickles are allowed
-- null_score: the score of the same evidence on time-shifted labels
-- makes: view trained_models
-- reads: artifacts, candidates, decisions, job_status, jobs, runs
CREATE OR REPLACE VIEW trained_models AS
SELECT j.target, j.symbol, regexp_replace(a.name, '^(refitted )?model ', '') AS family, a.digest, a.size, s.attempt, s.worker, s.occurred_at AS trained_at,
       (s.metrics->>'$.score')::DOUBLE AS score, k.score AS evidence_score, k.metric_name,
       j.route, d.rule, d.reasons, j.job_id, j.plan_id, r.run_id, r.evidence_id, r.policy_id, r.rules_id,
       CASE WHEN a.name LIKE 'refitted %' THEN 'refitted' ELSE 'scored' END AS fit, a.media_type, k.null_score
FROM job_status AS s
JOIN artifacts AS a ON a.commit_id = s.commit_id AND a.belongs_to = s.plan_id || '/' || s.job_id
    AND (a.name LIKE 'model %' OR a.name LIKE 'refitted model %')
JOIN jobs AS j ON j.plan_id = s.plan_id AND j.job_id = s.job_id
JOIN runs AS r ON r.commit_id = j.commit_id
LEFT JOIN decisions AS d
    ON d.commit_id = j.commit_id AND d.target = j.target AND d.symbol IS NOT DISTINCT FROM j.symbol
LEFT JOIN candidates AS k
    ON k.commit_id = j.commit_id AND k.target = j.target AND k.symbol IS NOT DISTINCT FROM j.symbol
WHERE s.status = 'succeeded';
