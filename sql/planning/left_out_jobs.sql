-- The jobs that the budget leaves out of a plan, or some of whose families it leaves out, in plan order. A job without
-- kept_families is left out.
-- makes: rows
-- reads: kept_families, planned_jobs
SELECT j.job_id, j.target, j.symbol, j.route, j.training_type, j.priority,
       j.model_families[:k.families] AS kept_families, j.model_families[k.families + 1:] AS left_out_families
FROM planned_jobs AS j
JOIN kept_families AS k USING (ordinal)
WHERE k.families < len(j.model_families)
ORDER BY j.ordinal;
