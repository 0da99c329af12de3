-- Task types that say neither classification nor regression, where the metric tells the task, each with the first row that
-- has it.
-- makes: rows
-- reads: incoming, known_metrics, plain_word(), stated_task()
SELECT min(n."row") AS "row", n.task_type, n.metric_name, m.task
FROM incoming AS n
JOIN known_metrics AS m ON m.metric = plain_word(n.metric_name)
WHERE plain_word(n.task_type) <> '' AND stated_task(n.task_type) IS NULL
GROUP BY ALL
ORDER BY ALL;
