-- The prices of the demo: daily adjusted closes.
-- makes: table demo_prices
-- reads: $path
CREATE OR REPLACE TEMP TABLE demo_prices AS
SELECT symbol, date, close FROM read_parquet($path);
