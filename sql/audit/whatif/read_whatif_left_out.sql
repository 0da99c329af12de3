-- makes: rows
-- reads: whatif_left_out
FROM whatif_left_out ORDER BY commit_id, job_id;
