-- EXPLAIN ANALYZE tells rows and times of each step, and not which files were read.
-- changes: the session
-- reads: nothing
SET custom_profiling_settings = '{"EXTRA_INFO": "false", "OPERATOR_CARDINALITY": "true", "OPERATOR_TIMING": "true"}';
