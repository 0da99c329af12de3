-- The cross-sectional jobs of a plan, in plan order.
-- makes: rows
-- reads: cs_jobs()
FROM cs_jobs();
