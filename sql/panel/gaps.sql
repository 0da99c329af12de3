-- The gaps of each symbol that has any: how many timestamps, which other symbols have, it lacks between its first and its
-- last, and its longest pause in days, where that is long: more than ten days, and more than ten of the usual distances.
-- makes: rows
-- reads: time_order
WITH steps AS (
    SELECT symbol, "timestamp", date_diff('minute', previous, "timestamp") AS minutes FROM time_order
),
usual AS (
    SELECT median(minutes) AS minutes FROM steps
),
spans AS (
    SELECT symbol, min("timestamp") AS first, max("timestamp") AS last, count(*) AS present,
           max(steps.minutes) FILTER (steps.minutes > 14400 AND steps.minutes > 10 * usual.minutes) AS pause
    FROM steps, usual
    GROUP BY symbol
),
moments AS (
    SELECT "timestamp", row_number() OVER (ORDER BY "timestamp") AS place
    FROM (SELECT DISTINCT "timestamp" FROM time_order)
),
expected AS (
    SELECT symbol, ends.place - starts.place + 1 AS moments
    FROM spans
    JOIN moments AS starts ON starts."timestamp" = spans.first
    JOIN moments AS ends ON ends."timestamp" = spans.last
)
SELECT symbol, moments - present AS missing, pause / 1440 AS pause_days
FROM spans JOIN expected USING (symbol)
WHERE moments > present OR pause IS NOT NULL
ORDER BY symbol;
