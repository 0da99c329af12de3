-- The usual distance of a timestamp to its symbol's next, in minutes, and how many timestamps a symbol usually has on a
-- day. A panel that has one timestamp a symbol is taken for a daily one.
-- makes: rows
-- reads: time_order
WITH steps AS (
    SELECT date_diff('second', previous, "timestamp") / 60 AS minutes FROM time_order
),
days AS (
    SELECT count(*) AS moments FROM time_order GROUP BY symbol, "timestamp"::DATE
)
SELECT coalesce((SELECT median(minutes) FROM steps WHERE minutes > 0), 1440)::DOUBLE AS minutes,
       (SELECT ceil(median(moments)) FROM days)::BIGINT AS per_day;
