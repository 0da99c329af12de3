-- The targets of each symbol after the close of each day. A target is null if some of its days ahead are missing.
-- The volatility that a peak, a valley and the next days' own are measured by is that of the 21 days before.
-- makes: table demo_targets
-- reads: demo_days
CREATE OR REPLACE TEMP TABLE demo_targets AS
WITH windows AS (
    SELECT
        symbol, date, close,
        lead(close, 1)  OVER days AS close_1d,
        lead(close, 5)  OVER days AS close_5d,
        lead(close, 10) OVER days AS close_10d,
        lead(close, 21) OVER days AS close_21d,
        max(close) OVER next_5  AS highest_5d,
        min(close) OVER next_5  AS lowest_5d,
        max(close) OVER next_10 AS highest_10d,
        min(close) OVER next_10 AS lowest_10d,
        stddev_samp(ret) OVER next_5  AS next_vol_5d,
        stddev_samp(ret) OVER last_21 AS vol_21d
    FROM demo_days
    WINDOW
        days    AS (PARTITION BY symbol ORDER BY date),
        next_5  AS (PARTITION BY symbol ORDER BY date ROWS BETWEEN 1 FOLLOWING AND 5 FOLLOWING),
        next_10 AS (PARTITION BY symbol ORDER BY date ROWS BETWEEN 1 FOLLOWING AND 10 FOLLOWING),
        last_21 AS (PARTITION BY symbol ORDER BY date ROWS 20 PRECEDING)
)
SELECT
    symbol, date,
    close_1d / close - 1  AS fwd_ret_1d,
    close_5d / close - 1  AS fwd_ret_5d,
    close_21d / close - 1 AS fwd_ret_21d,
    CASE WHEN close_5d IS NOT NULL THEN (highest_5d / close - 1 >= 1.5 * vol_21d)::INTEGER END  AS y_will_peak_5d,
    CASE WHEN close_5d IS NOT NULL THEN (lowest_5d / close - 1 <= -1.5 * vol_21d)::INTEGER END  AS y_will_valley_5d,
    CASE WHEN close_10d IS NOT NULL THEN (highest_10d / close - 1 >= 0.03)::INTEGER END         AS y_will_swing_high_10d_0_03,
    CASE WHEN close_10d IS NOT NULL THEN (lowest_10d / close - 1 <= -0.03)::INTEGER END         AS y_will_swing_low_10d_0_03,
    CASE WHEN close_5d IS NOT NULL THEN (next_vol_5d > vol_21d)::INTEGER END                    AS y_vol_up_5d
FROM windows;
