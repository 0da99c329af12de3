-- Lock all settings except those of EXPLAIN ANALYZE, which each session sets for itself.
-- changes: the session
-- reads: nothing
SET allowed_configs = ['custom_profiling_settings'];
