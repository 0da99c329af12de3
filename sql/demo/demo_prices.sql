-- The prices of the demo: daily adjusted closes.
CREATE OR REPLACE TEMP TABLE demo_prices AS
SELECT symbol, date, close FROM read_parquet($path);
