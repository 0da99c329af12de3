-- Each symbol's days: its return over the day, and the market's, which is the mean over all symbols.
-- makes: table demo_days
-- reads: demo_prices
CREATE OR REPLACE TEMP TABLE demo_days AS
WITH days AS (
    SELECT symbol, date, close, ln(close / lag(close) OVER (PARTITION BY symbol ORDER BY date)) AS ret
    FROM demo_prices
),
market AS (
    SELECT date, avg(ret) AS market_ret, avg((ret > 0)::INTEGER) AS breadth FROM days GROUP BY date
)
SELECT symbol, date, close, ret, market_ret, breadth FROM days JOIN market USING (date);
