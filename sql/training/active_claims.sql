-- The claims of a worker that are active: its claimed and running jobs, each with its attempt, in plan order.
-- makes: rows
-- reads: job_standing, $worker
SELECT job_id, attempt
FROM job_standing
WHERE status IN ('claimed', 'running') AND worker = $worker
ORDER BY ordinal;
