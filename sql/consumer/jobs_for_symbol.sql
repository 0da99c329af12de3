-- The jobs of one symbol, in plan order.
-- makes: rows
-- reads: jobs_for_symbol(), $symbol
FROM jobs_for_symbol($symbol);
