-- The task of evidence, for each way in which it names one, and the least and greatest score that its metric can have.
-- Strict semantics take the task from the task type, else from the metric; the reference takes a task type without
-- CLASSIFICATION, in any letter case, for regression. They are gathered before they are read, because a million rows name
-- few, and made plain once, because that takes longest.
-- example: scenario_evidence: {task_type: binary, metric_name: sharpe}
-- example: → {task_type: binary, metric_name: sharpe, strict_task: classification, reference_task: regression}
-- makes: table evidence_tasks
-- reads: known_metrics, scenario_evidence, metric_word(), plain_task(), plain_word()
CREATE OR REPLACE TEMP TABLE evidence_tasks AS
WITH plain AS MATERIALIZED (
    SELECT task_type, metric_name, plain_word(task_type) AS task_word, plain_word(metric_name) AS metric_word
    FROM (SELECT DISTINCT task_type, metric_name FROM scenario_evidence)
),
tasks AS MATERIALIZED (
    SELECT p.task_type, p.metric_name, p.metric_word, coalesce(plain_task(p.task_word), m.task) AS strict_task
    FROM plain AS p
    LEFT JOIN known_metrics AS m ON m.metric = p.metric_word
)
SELECT t.task_type, t.metric_name, t.strict_task,
       CASE WHEN contains(lower(t.task_type), 'classification') THEN 'classification' ELSE 'regression' END AS reference_task,
       k.lowest, k.highest
FROM tasks AS t
LEFT JOIN known_metrics AS k
    ON k.metric = metric_word(t.metric_word, t.strict_task);
