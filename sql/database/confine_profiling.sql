-- EXPLAIN ANALYZE shows rows and times of each step, and not the files that were read.
-- changes: the session
-- reads: nothing
SET custom_profiling_settings = '{"EXTRA_INFO": "false", "OPERATOR_CARDINALITY": "true", "OPERATOR_TIMING": "true"}';
