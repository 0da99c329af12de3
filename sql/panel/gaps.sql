-- The gaps of each symbol that has any: how many timestamps, which other symbols have, it lacks between its first and its
-- last, and its longest pause in days, where that is long: more than ten days, and more than ten of the usual distances.
-- makes: rows
-- reads: time_order
WITH steps AS (
    SELECT date_diff('minute', previous, "timestamp") AS minutes, count(*) AS times
    FROM time_order
    WHERE previous IS NOT NULL
    GROUP BY minutes
),
counted AS (
    SELECT minutes, times, sum(times) OVER (ORDER BY minutes) AS up_to, sum(times) OVER () AS total FROM steps
),
usual AS (  -- the median, from counts because distances are few and rows are many
    SELECT avg(minutes) AS minutes FROM counted WHERE 2 * (up_to - times) <= total AND total <= 2 * up_to
),
spans AS (
    SELECT symbol, min("timestamp") AS first, max("timestamp") AS last, count(*) AS present,
           max(date_diff('minute', previous, "timestamp")) AS pause
    FROM time_order
    GROUP BY symbol
),
moments AS (
    SELECT "timestamp", row_number() OVER (ORDER BY "timestamp") AS place
    FROM (SELECT DISTINCT "timestamp" FROM time_order)
),
gaps AS (
    SELECT symbol, ends.place - starts.place + 1 - present AS missing,
           CASE WHEN pause > 14400 AND pause > 10 * usual.minutes THEN pause / 1440 END AS pause_days
    FROM spans
    JOIN moments AS starts ON starts."timestamp" = spans.first
    JOIN moments AS ends ON ends."timestamp" = spans.last
    CROSS JOIN usual
)
SELECT symbol, missing, pause_days
FROM gaps
WHERE missing > 0 OR pause_days IS NOT NULL
ORDER BY symbol;
