-- The only folders that a reading session may open files in.
SET allowed_directories = $directories;
