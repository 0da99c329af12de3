-- Up to 100 rows a table and commit are kept inside the catalog, so that small commits make no small files.
-- The data path is given anew each time, because a results folder may be moved.
-- changes: the session
-- reads: nothing
ATTACH 'ducklake:planstore' AS lake (DATA_INLINING_ROW_LIMIT 100, OVERRIDE_DATA_PATH true);
