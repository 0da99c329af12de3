-- What EXPLAIN ANALYZE tells may be set for each session when nothing else can be set any more.
-- changes: the session
-- reads: nothing
SET allowed_configs = ['custom_profiling_settings'];
