-- The jobs that plan b adds to plan a, removes from it or changes.
-- makes: table changed_jobs
-- reads: plan_diff(), $a, $b
CREATE OR REPLACE TEMP TABLE changed_jobs AS FROM plan_diff($a, $b);
