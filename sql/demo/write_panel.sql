-- The panel of the demo, as one long parquet file: timestamp, symbol, features, targets.
-- makes: a file
-- reads: demo_features, demo_targets, $path
COPY (
    SELECT date AS "timestamp", symbol, * EXCLUDE (date, symbol)
    FROM demo_features JOIN demo_targets USING (symbol, date)
    ORDER BY date, symbol
) TO $path (FORMAT parquet);
