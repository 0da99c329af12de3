-- Job counts by training type and status.
-- makes: rows
-- reads: report_jobs
SELECT training_type, status, count(*) AS jobs FROM report_jobs GROUP BY ALL ORDER BY ALL;
