-- Forgets states of the catalog that are older, with the files that only they name. Events are not touched: reads as of a
-- commit do not use them.
-- changes: the lake
-- reads: $moment
CALL ducklake_expire_snapshots('lake', older_than => $moment);
