-- A commit that loses a race fails at once, instead of being repeated upon a ledger that has grown meanwhile: the lake
-- would number it as the commit that it has lost to.
-- changes: the session
-- reads: nothing
SET GLOBAL ducklake_max_retry_count = 0;
