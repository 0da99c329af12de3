-- The positions at which decisions are divided into parts: a part ends with the target that gives it $rows rows, or more.
-- makes: rows
-- reads: scenario_evidence, $rows
SELECT min(first_position) AS bound
FROM (
    SELECT first_position, (sum("rows") OVER (ORDER BY first_position) - "rows") // $rows AS part
    FROM (SELECT min("position") AS first_position, count(*) AS "rows" FROM scenario_evidence GROUP BY target)
)
GROUP BY part
ORDER BY bound
OFFSET 1;
