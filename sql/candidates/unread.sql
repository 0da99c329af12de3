-- The rows of candidates that no rule reads under reference semantics: those of other modes, those of a symbol without its
-- name, and those that repeat an earlier row. Strict semantics have none, because they refuse such rows.
-- makes: table unread
-- reads: incoming_names, $strict
CREATE OR REPLACE TEMP TABLE unread AS
SELECT "row"
FROM (
    SELECT "row", mode, symbol, row_number() OVER (
        PARTITION BY target, mode, CASE WHEN mode <> 'CROSS_SECTIONAL' THEN symbol END ORDER BY "row"
    ) AS place
    FROM incoming_names
    WHERE NOT $strict
)
WHERE place > 1 OR NOT CASE mode WHEN 'CROSS_SECTIONAL' THEN true WHEN 'SYMBOL_SPECIFIC' THEN symbol IS NOT NULL ELSE false END;
