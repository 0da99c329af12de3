-- A lake in memory, for rows that are compared and never recorded.
-- changes: the session
-- reads: nothing
ATTACH ':memory:' AS lake;
