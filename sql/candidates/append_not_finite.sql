-- The numbers of a column that are not finite, each value once.
-- appends to: column_problems
-- reads: incoming, $advice, $column
INSERT INTO column_problems
SELECT min("row"), count(*), $column, number::VARCHAR, concat('is not finite', $advice)
FROM (SELECT "row", COLUMNS([$column]) AS number FROM incoming)
WHERE NOT isfinite(number)
GROUP BY number;
