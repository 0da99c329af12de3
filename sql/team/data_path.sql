-- The directory of parquet files that the catalog was made with.
-- makes: rows
-- reads: catalog.ducklake_metadata
SELECT "value" FROM __ducklake_metadata_lake.ducklake_metadata WHERE "key" = 'data_path' AND "scope" IS NULL;
