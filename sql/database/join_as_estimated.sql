-- The database chooses the order and sides of joins again.
-- changes: the session
-- reads: nothing
RESET GLOBAL disabled_optimizers;
