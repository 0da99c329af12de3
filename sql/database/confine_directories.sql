-- The only folders that a reading session may open files in.
-- changes: the session
-- reads: $directories
SET allowed_directories = $directories;
