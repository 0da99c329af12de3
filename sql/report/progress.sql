-- How many jobs of each training type are where.
-- makes: rows
-- reads: report_jobs
SELECT training_type, status, count(*) AS jobs FROM report_jobs GROUP BY ALL ORDER BY ALL;
