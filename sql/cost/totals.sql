-- How many jobs there are to train, how many of them have an estimate for each of their families, and the sum of these.
-- makes: rows
-- reads: job_costs
WITH costs AS (
    SELECT job_id, sum(seconds) AS seconds, count(*) = count(seconds) AS is_estimated FROM job_costs GROUP BY job_id
)
SELECT count(*) AS jobs, count(*) FILTER (is_estimated) AS estimated_jobs,
       round(sum(seconds) FILTER (is_estimated), 3) AS seconds
FROM costs;
