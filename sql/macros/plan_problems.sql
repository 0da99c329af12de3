-- The problems of a plan: repeated ids, unknown kinds of jobs, wrong counts.
-- plan: a plan id; null: the current plan
-- problem: the problem, in words
-- makes: macro plan_problems()
-- reads: jobs_of(), plan_of()
CREATE OR REPLACE MACRO plan_problems(plan := NULL) AS TABLE
SELECT format('job_id {} stands for {} jobs', job_id, count(*)) AS problem
FROM jobs_of(plan) WHERE job_id IS NOT NULL GROUP BY job_id HAVING count(*) > 1
UNION ALL
SELECT format('{} jobs have the training type {}', count(*), training_type)
FROM jobs_of(plan)
WHERE training_type NOT IN ('cross_sectional', 'symbol_specific', 'blocked')
GROUP BY training_type
UNION ALL
SELECT format('job {} is symbol-specific and names no symbol', coalesce(job_id, '(without an id)'))
FROM jobs_of(plan)
WHERE training_type = 'symbol_specific' AND symbol IS NULL
UNION ALL
SELECT format('metadata.total_jobs says {}, the plan has {} jobs', said, found)
FROM (
    SELECT (metadata->>'$.total_jobs')::BIGINT AS said,
           (SELECT count(*) FROM jobs_of(plan)) AS found
    FROM plan_of(plan)
)
WHERE said <> found
ORDER BY problem;
