-- The symbol-specific jobs of a plan, in plan order.
-- makes: rows
-- reads: symbol_jobs()
FROM symbol_jobs();
