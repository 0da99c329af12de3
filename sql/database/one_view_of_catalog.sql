-- A transaction sees the catalog as of one moment: else each of its scans opens the file anew, and a compaction between
-- two of them takes rows out of the catalog after the list of parquet files was read that lacks them.
-- changes: the session
-- reads: nothing
SET GLOBAL sqlite_disable_multithreaded_scans = true;
