-- The texts of a column with a NUL character, which recorded texts may not have.
-- appends to: column_problems
-- reads: incoming, $column
INSERT INTO column_problems
SELECT min("row"), count(*), $column, arg_min(text, "row"), 'holds a NUL character'
FROM (SELECT "row", COLUMNS([$column]) AS text FROM incoming)
WHERE contains(text, chr(0))
HAVING count(*) > 0;
