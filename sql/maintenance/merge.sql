-- Small files that lie side by side become one; the files they were made of stay until they are cleaned up.
-- changes: the lake
-- reads: nothing
CALL ducklake_merge_adjacent_files('lake');
