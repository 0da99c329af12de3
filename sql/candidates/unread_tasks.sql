-- Task types that name neither classification nor regression, for which the metric decides the task, each with its first row.
-- makes: rows
-- reads: incoming_tasks, known_metrics, plain_word(), stated_task()
SELECT n."row", n.task_type, n.metric_name, m.task
FROM incoming_tasks AS n
JOIN known_metrics AS m ON m.metric = plain_word(n.metric_name)
WHERE plain_word(n.task_type) <> '' AND stated_task(n.task_type) IS NULL
ORDER BY ALL;
