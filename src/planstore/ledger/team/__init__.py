"""The team store: a catalog in PostgreSQL, parquet files and artifacts in S3-compatible object storage."""
