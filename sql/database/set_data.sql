-- The folder of parquet files that secret.sql names.
SET VARIABLE data = $data;
