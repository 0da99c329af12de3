-- The mean hours of a job of each kind, of all its families together, of those whose training was timed.
-- makes: rows
-- reads: trained_jobs
SELECT training_type, avg((metrics->>'$.seconds')::DOUBLE) / 3600 AS hours
FROM trained_jobs
GROUP BY training_type
HAVING hours IS NOT NULL
ORDER BY training_type;
