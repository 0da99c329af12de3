-- Job ids that stand for more than one job of a plan.
-- makes: rows
-- reads: jobs
SELECT job_id, count(*) AS jobs
FROM jobs
GROUP BY job_id
HAVING count(*) > 1;
