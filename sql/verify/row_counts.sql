-- How many rows each event table holds, whatever commit they say they are of; read row by row, not from statistics.
-- makes: rows
-- reads: lake.artifacts, lake.candidates, lake.decisions, lake.job_status, lake.jobs, lake.outcomes, lake.overrides, lake.plans, lake.policies, lake.runs
SELECT 'runs' AS "table", count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) AS "rows" FROM lake.runs
UNION ALL SELECT 'policies',   count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.policies
UNION ALL SELECT 'artifacts',  count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.artifacts
UNION ALL SELECT 'candidates', count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.candidates
UNION ALL SELECT 'decisions',  count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.decisions
UNION ALL SELECT 'plans',      count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.plans
UNION ALL SELECT 'jobs',       count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.jobs
UNION ALL SELECT 'job_status', count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.job_status
UNION ALL SELECT 'overrides',  count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.overrides
UNION ALL SELECT 'outcomes',   count(*) FILTER (run_id IS NOT NULL OR run_id IS NULL) FROM lake.outcomes;
