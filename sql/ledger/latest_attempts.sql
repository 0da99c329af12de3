-- Where the jobs of some plans are, as commits after $seen say: the latest attempt of each, the latest status of that, and
-- the latest time of all.
-- makes: rows
-- reads: lake.job_status, $plans, $seen
SELECT plan_id, job_id, max(attempt) AS attempt, arg_max(status, (attempt, commit_id, "position")) AS status,
       max(occurred_at) AS newest
FROM lake.job_status
WHERE commit_id > $seen AND plan_id IN (SELECT unnest($plans::VARCHAR[]))
GROUP BY plan_id, job_id
ORDER BY plan_id, job_id;
