-- What EXPLAIN ANALYZE tells is set, which also profiles every other query, and prints that: no more of it.
-- changes: the session
-- reads: nothing
PRAGMA disable_profiling;
