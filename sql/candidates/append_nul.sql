-- The texts of a column that hold a NUL character, which no text that is recorded may.
-- appends to: column_problems
-- reads: incoming, $column
INSERT INTO column_problems
SELECT min("row"), count(*), $column, arg_min(text, "row"), 'holds a NUL character'
FROM (SELECT "row", COLUMNS([$column]) AS text FROM incoming)
WHERE contains(text, chr(0))
HAVING count(*) > 0;
