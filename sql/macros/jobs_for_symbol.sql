-- The jobs of one symbol, in plan order.
-- s: a symbol
-- plan: a plan id; null: the current plan
-- jobs.*
-- makes: macro jobs_for_symbol()
-- reads: jobs_of()
CREATE OR REPLACE MACRO jobs_for_symbol(s, plan := NULL) AS TABLE
FROM jobs_of(plan) WHERE symbol = s ORDER BY ordinal;
