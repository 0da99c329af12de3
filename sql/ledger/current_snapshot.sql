-- The number of the catalog's newest snapshot: as long as it stays, nothing was committed.
-- makes: rows
-- reads: nothing
SELECT id FROM ducklake_current_snapshot('lake');
