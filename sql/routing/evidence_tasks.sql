-- The task of evidence, for each way in which it names one, and the least and greatest score that its metric can have.
-- Strict semantics take the task from the task type, else from the metric; the reference takes a task type without
-- CLASSIFICATION, in any letter case, for regression. They are gathered before they are read, because a million rows name few.
-- example: scenario_evidence: {task_type: binary, metric_name: sharpe}
-- example: → {task_type: binary, metric_name: sharpe, strict_task: classification, reference_task: regression}
-- makes: table evidence_tasks
-- reads: known_metrics, scenario_evidence, metric_word(), plain_word(), stated_task()
CREATE OR REPLACE TEMP TABLE evidence_tasks AS
SELECT n.task_type, n.metric_name, n.strict_task,
       CASE WHEN contains(lower(n.task_type), 'classification') THEN 'classification' ELSE 'regression' END AS reference_task,
       k.lowest, k.highest
FROM (
    SELECT e.task_type, e.metric_name, coalesce(stated_task(e.task_type), m.task) AS strict_task
    FROM (SELECT DISTINCT task_type, metric_name FROM scenario_evidence) AS e
    LEFT JOIN known_metrics AS m ON m.metric = plain_word(e.metric_name)
) AS n
LEFT JOIN known_metrics AS k ON k.metric = metric_word(n.metric_name, n.strict_task);
