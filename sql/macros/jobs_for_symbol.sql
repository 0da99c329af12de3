-- The jobs of one symbol, in plan order.
-- s: a symbol
-- plan: a plan id; null: the current plan
-- jobs.*
CREATE OR REPLACE MACRO jobs_for_symbol(s, plan := NULL) AS TABLE
FROM jobs_of(plan) WHERE symbol = s ORDER BY ordinal;
