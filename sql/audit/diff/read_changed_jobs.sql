-- makes: rows
-- reads: changed_jobs
FROM changed_jobs ORDER BY job_id;
