-- Removes files that nothing names since then.
-- changes: the lake
-- reads: $moment
CALL ducklake_cleanup_old_files('lake', older_than => $moment);
