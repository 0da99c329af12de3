-- As attach.sql, for sessions that only read.
-- changes: the session
-- reads: nothing
ATTACH 'ducklake:planstore' AS lake (READ_ONLY, OVERRIDE_DATA_PATH true);
