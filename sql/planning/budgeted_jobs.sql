-- The jobs of a plan within its budget, with their places in the plan without it. A job without families is no fit, and stays.
-- makes: view budgeted_jobs
-- reads: kept_families, planned_jobs
CREATE OR REPLACE TEMP VIEW budgeted_jobs AS
SELECT j.* REPLACE (j.model_families[:coalesce(k.families, 0)] AS model_families)
FROM planned_jobs AS j
LEFT JOIN kept_families AS k USING (ordinal)
WHERE coalesce(k.families, 1) > 0;
