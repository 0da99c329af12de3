-- Removes files that nothing names since then.
CALL ducklake_cleanup_old_files('lake', older_than => $moment);
