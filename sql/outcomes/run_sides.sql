-- The sides on which a run decided, with the metric and the end of their evidence, as in promised_sides.
-- makes: rows
-- reads: candidates, decisions, $commit_id
WITH evidence AS MATERIALIZED (
    SELECT target, symbol, metric_name, task_type, evidence_as_of FROM candidates WHERE commit_id = $commit_id
)
SELECT d.target, d.symbol, coalesce(k.metric_name, p.metric_name) AS metric_name,
       coalesce(k.task_type, p.task_type) AS task_type, greatest(k.evidence_as_of, p.evidence_as_of) AS evidence_as_of
FROM decisions AS d
LEFT JOIN evidence AS k ON k.target = d.target AND k.symbol = d.symbol
LEFT JOIN evidence AS p ON p.target = d.target AND p.symbol IS NULL
WHERE d.commit_id = $commit_id
ORDER BY d."position";
