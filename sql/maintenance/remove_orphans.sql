-- Removes files that nothing names and that are older: of writers that were killed before their commit.
-- changes: the lake
-- reads: $moment
CALL ducklake_delete_orphaned_files('lake', older_than => $moment);
