-- The database chooses the order and sides of joins again.
RESET GLOBAL disabled_optimizers;
