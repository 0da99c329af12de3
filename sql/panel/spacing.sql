-- The usual distance of a timestamp to its symbol's next, in minutes, and how many timestamps a symbol usually has on a
-- day. A panel that has one timestamp a symbol is taken for a daily one.
-- makes: rows
-- reads: time_order
WITH steps AS (
    SELECT date_diff('second', previous, "timestamp") AS seconds, count(*) AS times
    FROM time_order
    WHERE "timestamp" > previous
    GROUP BY seconds
),
counted AS (
    SELECT seconds / 60 AS minutes, times, sum(times) OVER (ORDER BY seconds) AS up_to, sum(times) OVER () AS total
    FROM steps
    WHERE seconds > 0
),
usual AS (  -- the median, from counts because distances are few and rows are many
    SELECT avg(minutes) AS minutes FROM counted WHERE 2 * (up_to - times) <= total AND total <= 2 * up_to
),
days AS (
    SELECT count(*) AS moments FROM time_order GROUP BY symbol, "timestamp"::DATE
)
SELECT coalesce((SELECT minutes FROM usual), 1440)::DOUBLE AS minutes,
       (SELECT ceil(median(moments)) FROM days)::BIGINT AS per_day;
