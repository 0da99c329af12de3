-- How many of the plan's jobs are where; one that a later call tries again counts as planned.
-- makes: rows
-- reads: job_standing, open_jobs(), $since
SELECT CASE WHEN o.job_id IS NULL THEN s.status ELSE 'planned' END AS status, count(*) AS jobs
FROM job_standing AS s
LEFT JOIN open_jobs($since) AS o USING (job_id)
GROUP BY ALL
ORDER BY ALL;
