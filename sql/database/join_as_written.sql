-- Joins hash their right side, as they are written here: the large table left, the small one right. The database
-- cannot estimate the rows of an Arrow table, and would hash a million pieces of evidence to look up twenty thresholds.
-- changes: the session
-- reads: nothing
SET GLOBAL disabled_optimizers = 'join_order,build_side_probe_side';
