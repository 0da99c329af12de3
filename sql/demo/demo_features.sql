-- The features of each symbol at the close of each day, free of scale: prices are adjusted for later splits, so that
-- their level carries hindsight. Nothing here looks ahead: every window ends with the day itself.
-- makes: table demo_features
-- reads: demo_days
CREATE OR REPLACE TEMP TABLE demo_features AS
WITH windows AS (
    SELECT
        symbol, date, ret, breadth, market_ret,
        ln(close / lag(close, 2)   OVER days) AS ret_2d,
        ln(close / lag(close, 5)   OVER days) AS ret_5d,
        ln(close / lag(close, 10)  OVER days) AS ret_10d,
        ln(close / lag(close, 21)  OVER days) AS ret_21d,
        ln(close / lag(close, 63)  OVER days) AS ret_63d,
        ln(close / lag(close, 126) OVER days) AS ret_126d,
        ln(close / lag(close, 252) OVER days) AS ret_252d,
        stddev_samp(ret) OVER last_5   AS vol_5d,
        stddev_samp(ret) OVER last_10  AS vol_10d,
        stddev_samp(ret) OVER last_21  AS vol_21d,
        stddev_samp(ret) OVER last_63  AS vol_63d,
        stddev_samp(ret) OVER last_126 AS vol_126d,
        close / avg(close) OVER last_10  - 1 AS above_mean_10d,
        close / avg(close) OVER last_21  - 1 AS above_mean_21d,
        close / avg(close) OVER last_50  - 1 AS above_mean_50d,
        close / avg(close) OVER last_100 - 1 AS above_mean_100d,
        close / avg(close) OVER last_200 - 1 AS above_mean_200d,
        (close - avg(close) OVER last_21) / nullif(stddev_samp(close) OVER last_21, 0) AS z_21d,
        (close - avg(close) OVER last_63) / nullif(stddev_samp(close) OVER last_63, 0) AS z_63d,
        close / max(close) OVER last_21  - 1 AS below_high_21d,
        close / max(close) OVER last_63  - 1 AS below_high_63d,
        close / max(close) OVER last_252 - 1 AS below_high_252d,
        close / min(close) OVER last_21  - 1 AS above_low_21d,
        close / min(close) OVER last_63  - 1 AS above_low_63d,
        close / min(close) OVER last_252 - 1 AS above_low_252d,
        avg((ret > 0)::INTEGER) OVER last_21 AS up_share_21d,
        max(abs(ret)) OVER last_5  AS largest_move_5d,
        max(abs(ret)) OVER last_21 AS largest_move_21d,
        sqrt(avg(least(ret, 0) ** 2) OVER last_21) AS downside_21d,
        sum(market_ret) OVER last_5  AS market_ret_5d,
        sum(market_ret) OVER last_21 AS market_ret_21d,
        stddev_samp(market_ret) OVER last_5  AS market_vol_5d,
        stddev_samp(market_ret) OVER last_21 AS market_vol_21d,
        corr(ret, market_ret) OVER last_63 AS market_corr_63d,
        covar_samp(ret, market_ret) OVER last_63 / nullif(var_samp(market_ret) OVER last_63, 0) AS beta_63d
    FROM demo_days
    WINDOW
        days     AS (PARTITION BY symbol ORDER BY date),
        last_5   AS (PARTITION BY symbol ORDER BY date ROWS 4 PRECEDING),
        last_10  AS (PARTITION BY symbol ORDER BY date ROWS 9 PRECEDING),
        last_21  AS (PARTITION BY symbol ORDER BY date ROWS 20 PRECEDING),
        last_50  AS (PARTITION BY symbol ORDER BY date ROWS 49 PRECEDING),
        last_63  AS (PARTITION BY symbol ORDER BY date ROWS 62 PRECEDING),
        last_100 AS (PARTITION BY symbol ORDER BY date ROWS 99 PRECEDING),
        last_126 AS (PARTITION BY symbol ORDER BY date ROWS 125 PRECEDING),
        last_200 AS (PARTITION BY symbol ORDER BY date ROWS 199 PRECEDING),
        last_252 AS (PARTITION BY symbol ORDER BY date ROWS 251 PRECEDING)
)
SELECT
    symbol, date,
    * EXCLUDE (symbol, date),
    vol_5d / nullif(vol_21d, 0)    AS vol_5d_to_21d,
    vol_21d / nullif(vol_126d, 0)  AS vol_21d_to_126d,
    ret_5d - market_ret_5d         AS relative_ret_5d,
    ret_21d - market_ret_21d       AS relative_ret_21d,
    percent_rank() OVER (PARTITION BY date ORDER BY vol_21d)  AS vol_rank,
    percent_rank() OVER (PARTITION BY date ORDER BY ret_21d)  AS ret_rank
FROM windows;
