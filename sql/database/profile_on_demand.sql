-- Profile only queries with EXPLAIN ANALYZE, because its settings also profile and print every other query.
-- changes: the session
-- reads: nothing
PRAGMA disable_profiling;
