FROM changed_jobs ORDER BY job_id;
