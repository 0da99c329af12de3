-- Each way in which candidates name their task, with its first row, the number of its rows, and their least and greatest score.
-- It is a table, because the database would otherwise read the words of a million rows before it gathers them.
-- makes: table incoming_tasks
-- reads: incoming
CREATE OR REPLACE TEMP TABLE incoming_tasks AS
SELECT task_type, metric_name, min("row") AS "row", count(*) AS "rows",
       least(min(score), min(null_score)) AS least_score, greatest(max(score), max(null_score)) AS greatest_score
FROM incoming
GROUP BY task_type, metric_name;
