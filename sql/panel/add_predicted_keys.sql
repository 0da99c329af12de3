-- The keys of the next rows that are predicted.
-- appends to: predicted_keys
-- reads: new_keys
INSERT INTO predicted_keys SELECT symbol, "timestamp", file FROM new_keys;
