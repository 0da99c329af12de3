-- makes: rows
-- reads: whatif_jobs
FROM whatif_jobs ORDER BY commit_id, job_id;
