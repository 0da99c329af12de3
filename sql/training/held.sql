-- The jobs that a worker holds, each with the attempt that it holds.
-- makes: rows
-- reads: job_standing, $worker
SELECT job_id, attempt
FROM job_standing
WHERE status = 'running' AND worker = $worker
ORDER BY ordinal;
