-- The sides of runs that outcomes are of: the run's plan (null: there is no such run), whether the run decided on the side,
-- and the metric, task and end of its evidence. The evidence of a symbol ends no earlier than that of all symbols, because a
-- mean of both models rests on both.
-- makes: rows
-- reads: asked_outcomes, candidates, decisions, runs
WITH asked AS MATERIALIZED (
    SELECT DISTINCT a.run_id, a.target, a.symbol, r.commit_id, r.plan_id
    FROM asked_outcomes AS a
    LEFT JOIN runs AS r ON r.run_id = a.run_id
),
evidence AS MATERIALIZED (
    SELECT k.commit_id, k.target, k.symbol, k.metric_name, k.task_type, k.evidence_as_of
    FROM candidates AS k
    WHERE k.commit_id IN (SELECT commit_id FROM asked) AND k.target IN (SELECT target FROM asked)
)
SELECT a.run_id, a.target, a.symbol, a.plan_id, d.commit_id IS NOT NULL AS is_decided,
       coalesce(k.metric_name, p.metric_name) AS metric_name, coalesce(k.task_type, p.task_type) AS task_type,
       greatest(k.evidence_as_of, p.evidence_as_of) AS evidence_as_of
FROM asked AS a
LEFT JOIN decisions AS d ON d.commit_id = a.commit_id AND d.target = a.target AND d.symbol IS NOT DISTINCT FROM a.symbol
LEFT JOIN evidence AS k ON k.commit_id = a.commit_id AND k.target = a.target AND k.symbol = a.symbol
LEFT JOIN evidence AS p ON p.commit_id = a.commit_id AND p.target = a.target AND p.symbol IS NULL
ORDER BY a.run_id, a.target, a.symbol NULLS FIRST;
