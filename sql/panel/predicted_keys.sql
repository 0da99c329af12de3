-- The keys of the rows of a panel that are predicted, with the numbers of their symbol and file.
-- makes: table predicted_keys
-- reads: nothing
CREATE TEMP TABLE predicted_keys (symbol INTEGER, "timestamp" TIMESTAMP, file INTEGER);
