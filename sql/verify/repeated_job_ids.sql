-- Job ids that stand for more than one job of a commit's plan.
-- makes: rows
-- reads: checked_jobs, checked_plans
SELECT commit_id, job_id, count(*) AS jobs
FROM checked_jobs SEMI JOIN checked_plans USING (commit_id)
GROUP BY commit_id, job_id
HAVING count(*) > 1
ORDER BY commit_id, job_id;
