-- The jobs that plan b adds to plan a, removes from it or changes. The cause is `budget` where the job, or its families, would
-- be the same in both plans without their budgets.
-- makes: table changed_jobs
-- reads: left_out_a, left_out_b, plan_diff(), $a, $b
CREATE OR REPLACE TEMP TABLE changed_jobs AS
WITH families AS (
    SELECT *, list_filter("values", lambda field: field.field = 'model_families')[1] AS texts FROM plan_diff($a, $b)
)
SELECT f.* EXCLUDE (texts),
       CASE WHEN f.change = 'removed' AND b.job_id IS NOT NULL
              OR f.change = 'added' AND a.job_id IS NOT NULL
              OR list_contains(f.fields, 'model_families')
             AND list_concat((f.texts.a::JSON)::VARCHAR[], a.left_out_families)
                 = list_concat((f.texts.b::JSON)::VARCHAR[], b.left_out_families)
            THEN 'budget' END AS cause
FROM families AS f
LEFT JOIN left_out_a AS a USING (job_id)
LEFT JOIN left_out_b AS b USING (job_id);
