-- Up to 100 rows a table and commit are stored inside the catalog, so that small commits make no small files.
-- The data path is set at each opening, because a results folder may be moved.
-- changes: the session
-- reads: nothing
ATTACH 'ducklake:planstore' AS lake (DATA_INLINING_ROW_LIMIT 100, OVERRIDE_DATA_PATH true);
