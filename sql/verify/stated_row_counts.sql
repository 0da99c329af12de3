-- The number of rows of each event table in the catalog's statistics, which answer a plain count.
-- makes: rows
-- reads: lake.artifacts, lake.candidates, lake.decisions, lake.job_status, lake.jobs, lake.outcomes, lake.overrides, lake.plans, lake.policies, lake.runs
SELECT 'runs' AS "table", (SELECT count(*) FROM lake.runs) AS "rows"
UNION ALL SELECT 'policies',   (SELECT count(*) FROM lake.policies)
UNION ALL SELECT 'artifacts',  (SELECT count(*) FROM lake.artifacts)
UNION ALL SELECT 'candidates', (SELECT count(*) FROM lake.candidates)
UNION ALL SELECT 'decisions',  (SELECT count(*) FROM lake.decisions)
UNION ALL SELECT 'plans',      (SELECT count(*) FROM lake.plans)
UNION ALL SELECT 'jobs',       (SELECT count(*) FROM lake.jobs)
UNION ALL SELECT 'job_status', (SELECT count(*) FROM lake.job_status)
UNION ALL SELECT 'overrides',  (SELECT count(*) FROM lake.overrides)
UNION ALL SELECT 'outcomes',   (SELECT count(*) FROM lake.outcomes);
