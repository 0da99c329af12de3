-- The gaps of each symbol that has any: how many timestamps, which other symbols have, it lacks between its first and its
-- last, and its longest pause in days, where that is long: more than ten days, and more than ten of the usual distances.
-- makes: rows
-- reads: panel_source
WITH steps AS (
    SELECT symbol, "timestamp",
           date_diff('minute', lag("timestamp") OVER (PARTITION BY symbol ORDER BY "timestamp"), "timestamp") AS minutes
    FROM panel_source
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
    SELECT DISTINCT "timestamp" FROM panel_source
),
expected AS (
    SELECT symbol, count(*) AS moments
    FROM spans JOIN moments ON moments."timestamp" BETWEEN spans.first AND spans.last
    GROUP BY symbol
)
SELECT symbol, moments - present AS missing, pause / 1440 AS pause_days
FROM spans JOIN expected USING (symbol)
WHERE moments > present OR pause IS NOT NULL
ORDER BY symbol;
