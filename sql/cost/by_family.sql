-- The cost of each family, for each kind of job: seconds are null where no earlier job of that kind had the family.
-- makes: rows
-- reads: job_costs
SELECT family, training_type, count(*) AS jobs, sum(row_count)::BIGINT AS row_count, round(sum(seconds), 3) AS seconds,
       max(earlier_jobs) AS earlier_jobs
FROM job_costs
GROUP BY family, training_type
ORDER BY family, training_type;
