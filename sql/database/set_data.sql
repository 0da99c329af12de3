-- The folder of parquet files that secret.sql names.
-- makes: variable data
-- reads: $data
SET VARIABLE data = $data;
